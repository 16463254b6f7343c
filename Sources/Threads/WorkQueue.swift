import Dispatch

/// Runs many pieces of blocking work off the cooperative pool: one at a time, in the order in which they were given.
///
/// While there is nothing to do it holds no thread.
package final class WorkQueue: Sendable {
    private let queue: DispatchQueue

    /// Creates a queue.
    ///
    /// - Parameter name: shown by gdb.
    package init(name: String) {
        queue = DispatchQueue(label: name)
    }

    /// Runs `work` after all that was given before, and returns what it returned, or throws what it threw.
    ///
    /// Cancelling the calling task does not end the work, and what has not begun is done all the same.
    package func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }
}
