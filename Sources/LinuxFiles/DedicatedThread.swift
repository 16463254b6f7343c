internal import CLinux

/// Runs blocking work on a thread of its own, so that it never takes a thread of Swift's cooperative pool.
package enum DedicatedThread {
    /// Runs `body` on a new thread and returns what it returned, or throws what it threw.
    ///
    /// Cancelling the calling task does not end the body; give it a flag or a `Poller` for that. One thread for each
    /// call: for work that runs long, not for many small pieces.
    /// - Parameter name: shown by ps and gdb; the kernel keeps the first 15 bytes.
    package static func run<R: Sendable>(
        name: String, _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work(name: name) { continuation.resume(with: Result { try body() }) }
            do throws(FileError) {
                try work.start()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// What a thread needs to begin; owned by the thread once it has started.
    private final class Work: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func start() throws(FileError) {
            let context = unsafe Unmanaged.passRetained(self)
            let result = unsafe linux_start_thread(
                { context in
                    guard let context = unsafe context else { return nil }
                    let work = unsafe Unmanaged<Work>.fromOpaque(context).takeRetainedValue()
                    unsafe linux_name_this_thread(work.name)
                    work.body()
                    return nil
                },
                context.toOpaque()
            )
            if result < 0 { unsafe context.release() }
            try checked(result, "start the thread", name)
        }
    }
}
