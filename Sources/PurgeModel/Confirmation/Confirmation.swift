/// What ``ConfirmationRule`` found for one purge.
package struct Confirmation: Sendable, Hashable {
    /// Every expected agent by its id.
    package let standings: [String: Standing]

    /// True when at least one agent is expected and each is done.
    ///
    /// No agents at all confirm nothing: rather nobody has been heard yet than nobody exists.
    package let isConfirmed: Bool

    package init(standings: [String: Standing]) {
        self.standings = standings
        isConfirmed = !standings.isEmpty && standings.values.allSatisfy(\.isDone)
    }
}
