extension StandingPurges {
    /// Takes what it needs out of the agent's configuration; nil where nginx does not ask.
    ///
    /// - Parameter forms: how the caches keep URLs.
    convenience init?(
        _ configuration: AgentConfiguration, clock: any AgentClock, forms: @escaping @Sendable () -> URLForms
    ) {
        guard configuration.ask.socket != nil else { return nil }
        self.init(
            marker: configuration.ask.marker, keepsGuards: configuration.ask.span == .guard,
            fillsFromTier: configuration.tier.above != nil, guardWindow: configuration.guardWindow,
            clockSkewMax: configuration.clockSkewMax, clock: clock,
            forms: forms)
    }
}
