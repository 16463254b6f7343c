package import PurgeModel

/// When the agent takes its caches out of service, and how (promise P3).
package struct FenceConfiguration: Sendable, Hashable {
    /// In which cases.
    package var mode: FenceMode
    /// The lease: how long a purge may wait (`behind`), and how long the agent may be out of touch (`cut_off`).
    ///
    /// At least two seconds: acknowledgements are sent once a second.
    package var after: Duration
    /// The file whose presence makes nginx bypass its caches; its directory is made when it is missing.
    package var file: String

    /// Creates a configuration with the documented defaults.
    package init(mode: FenceMode = .start, after: Duration = .seconds(10), file: String = "/run/edge-purge/fence") {
        self.mode = mode
        self.after = after
        self.file = file
    }
}
