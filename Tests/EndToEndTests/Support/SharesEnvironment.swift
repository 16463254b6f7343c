/// A suite inside ``EndToEndTests``, which works on the one environment that runs for all of them.
protocol SharesEnvironment {}

extension SharesEnvironment {
    /// The environment that runs.
    var environment: DevEnvironment {
        get throws { try DevEnvironment.current.required }
    }
}
