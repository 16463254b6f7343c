/// Waits until a condition holds; throws ``NeverHappened`` when it does not within a generous time.
///
/// The time alone does not decide: on a busy machine it may pass before this task gets to look at all.
package func eventually(
    _ what: @autoclosure () -> String, within limit: Duration = .seconds(60), file: String = #fileID,
    line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    var looks = 0
    while try await !condition() {
        looks += 1
        guard ContinuousClock.now < deadline || looks < 100 else {
            throw NeverHappened(what: "\(what()) (\(file):\(line))")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
