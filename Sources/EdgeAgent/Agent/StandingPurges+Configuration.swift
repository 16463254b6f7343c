extension StandingPurges {
    /// Takes what it needs out of the agent's configuration; nil where nginx does not ask.
    ///
    /// - Parameters:
    ///   - marker: tells nginx that there is something to ask about.
    ///   - forms: how the caches keep URLs.
    convenience init?(
        _ configuration: AgentConfiguration, marker: AskMarker, clock: any AgentClock,
        forms: @escaping @Sendable () -> URLForms
    ) {
        guard configuration.ask.socket != nil else { return nil }
        self.init(
            marker: marker, keepsGuards: configuration.ask.span == .guard,
            fillsFromTier: configuration.tier.above != nil, guardWindow: configuration.guardWindow,
            clockSkewMax: configuration.clockSkewMax, clock: clock,
            forms: forms)
    }
}
