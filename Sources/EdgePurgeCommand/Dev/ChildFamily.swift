import Synchronization

/// All children of a development environment, in the order in which they were started.
final class ChildFamily: Sendable {
    private struct State {
        var children: [ManagedChild] = []
        var restartHandler: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    /// One handler at a time: of two that write the ready file the later one has to know more.
    private let handling = Mutex(())
    private let failures = AsyncStream<String>.makeStream()

    /// Creates an empty family.
    init() {}

    /// Takes a child in and starts it.
    func start(_ child: ManagedChild) {
        state.withLock { $0.children.append(child) }
        child.start()
    }

    /// Stops one child and forgets it.
    func drop(_ child: ManagedChild) async {
        await child.stop()
        state.withLock { $0.children.removeAll { $0 === child } }
    }

    /// Sets what to do when a child has been started again.
    func whenRestarted(_ handler: @escaping @Sendable () -> Void) {
        state.withLock { $0.restartHandler = handler }
    }

    /// To be called after each start of a child.
    func noteStart() {
        handling.withLock { _ in state.withLock { $0.restartHandler }?() }
    }

    /// To be called when a child ended that cannot be started again.
    func noteFailure(_ message: String) {
        failures.continuation.yield(message)
    }

    /// Waits until a child ended that cannot be started again, and throws.
    func failure() async throws {
        for await message in failures.stream { throw CommandFailure(message) }
        throw CancellationError()
    }

    /// Stops all, the last started first; those of one kind (by the first word of their name) together.
    func stopAll() async {
        var rest = state.withLock { $0.children }
        while let last = rest.last {
            let kind = Self.kind(last)
            var together: [ManagedChild] = []
            while let child = rest.last, Self.kind(child) == kind { together.append(rest.removeLast()) }
            await withTaskGroup(of: Void.self) { group in
                for child in together { group.addTask { await child.stop() } }
            }
        }
        state.withLock { $0.children = [] }
    }

    private static func kind(_ child: ManagedChild) -> Substring {
        child.name.prefix { $0 != " " }
    }
}
