internal import CRdKafka
internal import Glibc

/// A thread of its own for calls that block, off the cooperative pool.
enum PrivateThread {
    private final class Body {
        let name: String
        let run: @Sendable () -> Void
        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// Starts `run` on a new thread; false when the system gives no thread (then `run` was not called).
    ///
    /// - Parameter name: ASCII, shown by `top -H`; the system takes 15 bytes.
    static func start(name: String, _ run: @escaping @Sendable () -> Void) -> Bool {
        let body = unsafe Unmanaged.passRetained(Body(name: name, run: run))
        var thread = pthread_t()
        let result = unsafe pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                pthread_detach(pthread_self())
                unsafe crdkafka_name_thread(String(body.name.prefix(15)))
                body.run()
                return nil
            },
            body.toOpaque()
        )
        if result != 0 { unsafe body.release() }
        return result == 0
    }

    /// Runs blocking work on a new thread and waits for it without blocking a thread of the pool.
    static func run<R: Sendable>(
        name: String,
        _ work: @escaping @Sendable () throws(KafkaError) -> R
    ) async throws(KafkaError) -> R {
        let result: Result<R, KafkaError> = await withCheckedContinuation { continuation in
            let started = start(name: name) {
                let result: Result<R, KafkaError>
                do throws(KafkaError) { result = .success(try work()) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
            if !started { continuation.resume(returning: .failure(.noThread)) }
        }
        return try result.get()
    }
}

extension KafkaError {
    /// The process is at its limit of threads.
    static var noThread: KafkaError {
        KafkaError(
            code: .failed, message: "the system gave no thread: raise the process's task limit", isRetriable: true)
    }
}
