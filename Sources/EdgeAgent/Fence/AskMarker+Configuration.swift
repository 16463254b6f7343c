extension AskMarker {
    /// The file that agent.yaml names.
    convenience init(_ configuration: AskConfiguration) {
        self.init(path: configuration.keptMarker, isAsked: configuration.socket != nil)
    }
}
