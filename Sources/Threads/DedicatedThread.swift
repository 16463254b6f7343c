import CLinux

/// Runs blocking work on a thread of its own, so that it never takes a thread of Swift's cooperative pool.
///
/// One thread for each call: for work that runs long, not for many small pieces; those have a ``WorkQueue``.
package enum DedicatedThread {
    /// Runs `body` on a new thread and returns what it returned, or throws what it threw.
    ///
    /// Cancelling the calling task does not end the body; give it a flag, or something it waits for, to do that.
    /// - Parameter name: shown by ps and gdb; the kernel keeps the first 15 bytes.
    /// - Throws: ``ThreadError`` when the system gives no thread; then `body` was not called.
    package static func run<R: Sendable>(
        name: String, _ body: @escaping @Sendable () throws -> R
    ) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            do throws(ThreadError) {
                try start(name: name) { continuation.resume(with: Result { try body() }) }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    /// The same for work with errors of one type.
    ///
    /// - Parameter noThread: makes such an error where the system gives no thread.
    package static func run<R: Sendable, Failure: Error>(
        name: String, noThread: (ThreadError) -> Failure, _ body: @escaping @Sendable () throws(Failure) -> R
    ) async throws(Failure) -> R {
        let result: Result<R, Failure> = await withCheckedContinuation { continuation in
            do throws(ThreadError) {
                try start(name: name) {
                    let result: Result<R, Failure>
                    do throws(Failure) { result = .success(try body()) } catch { result = .failure(error) }
                    continuation.resume(returning: result)
                }
            } catch {
                continuation.resume(returning: .failure(noThread(error)))
            }
        }
        return try result.get()
    }

    /// Starts `body` on a new thread and returns at once; nobody waits for its end.
    ///
    /// - Throws: when the system gives no thread; then `body` was not called.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        let context = unsafe Unmanaged.passRetained(Work(name: name, body: body))
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
        guard result < 0 else { return }
        unsafe context.release()
        throw ThreadError(name: name, code: -result)
    }

    /// What a thread needs to begin; owned by the thread once it has started.
    private final class Work: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}
