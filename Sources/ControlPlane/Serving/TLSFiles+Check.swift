extension TLSFiles {
    /// Whether a server can use them.
    ///
    /// - Throws: `ControlPlaneError` when they cannot be read, or do not belong together.
    package func check() throws { _ = try ServerCertificate(self) }
}
