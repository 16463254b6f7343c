import Testing

/// Waits until a condition holds; records an issue, with what was waited for, when it does not within a generous time.
///
/// The time alone does not decide: on a busy machine it may pass before this task gets to look at all.
func eventually(
    _ what: @autoclosure () -> Comment, within limit: Duration = .seconds(30),
    sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    var looks = 0
    while try !condition() {
        looks += 1
        guard ContinuousClock.now < deadline || looks < 2000 else {
            Issue.record("never came true: \(what())", sourceLocation: sourceLocation)
            throw DeadlinePassed()
        }
        try await Task.sleep(for: .milliseconds(1))
    }
}

struct DeadlinePassed: Error {}
