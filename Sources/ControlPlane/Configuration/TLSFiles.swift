/// Where the server's certificate is.
package struct TLSFiles: Sendable, Hashable {
    /// The certificate and those that it was signed with, in PEM.
    package let certificate: String
    /// Its private key, in PEM.
    package let key: String

    /// Creates a pair.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
