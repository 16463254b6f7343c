import Dispatch
package import Testing

/// Runs tests on threads that are no part of Swift's cooperative pool.
///
/// That has as many threads as there are processors: two tests that compute for a minute would leave none for all
/// others, whose servers and clients wait meanwhile until their time is over. The system shares out processors.
package struct OffPool: SuiteTrait, TestTrait, TestScoping {
    private final class Threads: TaskExecutor {
        private let queue = DispatchQueue(label: "tests", attributes: .concurrent)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }

    private static let threads = Threads()

    package var isRecursive: Bool { true }

    package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(Self.threads) { try await function() }
    }
}

extension Trait where Self == OffPool {
    /// For tests that compute for long.
    package static var offPool: OffPool { OffPool() }
}
