import Synchronization
import Testing

@testable import Kafka

/// Deletes what the tests of a suite have made on a real cluster, after the last of them.
struct OwnTopicsTrait: SuiteTrait, TestScoping {
    /// The topics that a suite has made.
    final class Topics: Sendable {
        private let names = Mutex<[String]>([])

        func add(_ name: String) { names.withLock { $0.append(name) } }

        var all: [String] { names.withLock { $0 } }
    }

    /// Those of the suite that runs.
    @TaskLocal static var made: Topics?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let made = Topics()
        let outcome: Result<Void, any Error>
        do {
            try await Self.$made.withValue(made) { try await function() }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        if !made.all.isEmpty {
            try await KafkaAdmin(TestCluster.any().configuration()).delete(topics: made.all)
        }
        try outcome.get()
    }
}

extension Trait where Self == OwnTopicsTrait {
    /// The suite makes topics, on a real cluster where there is one.
    static var ownTopics: Self { Self() }
}
