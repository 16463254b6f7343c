/// Why an agent may not be retired.
enum RetirementRefusal: Error, Hashable {
    /// The roster names it, so it would be expected again at once.
    case isInRoster
    /// No agent of this name has spoken.
    case unknown
    /// It spoke a moment ago, and would be back with its next word.
    case isRunning(mustBeSilentFor: Duration)
    /// Other machines use its name: which of them stays has to be said.
    case hasOtherMachines(newest: String)
    /// No other machine speaks under the name.
    case noOtherMachine
    /// More than one other machine speaks under the name.
    case severalMachines(Int)
}
