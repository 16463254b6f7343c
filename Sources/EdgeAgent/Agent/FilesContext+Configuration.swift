extension FilesContext.Settings {
    /// Takes what the files need out of the agent's configuration.
    init(_ configuration: AgentConfiguration) {
        self.init(
            guardWindow: configuration.guardWindow, clockSkewMax: configuration.clockSkewMax,
            fileThreads: configuration.fileThreads, accessLog: configuration.accessLog,
            missedPurges: configuration.flushMode, replayWindow: configuration.replayWindow,
            verifyInterval: configuration.verifyInterval)
    }
}
