/// Waits until a condition holds.
func eventually(
    _ what: String, within limit: Duration = .seconds(60), _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

/// A condition did not come true in time.
struct NeverHappened: Error, CustomStringConvertible {
    var what: String
    var description: String { "it never happened that \(what)" }
}
