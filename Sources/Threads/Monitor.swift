import Synchronization

/// State under a lock, and the tasks that wait for something to happen to it, by what they wait for.
package final class Monitor<State: Sendable, Key: Hashable & Sendable>: Sendable {
    fileprivate typealias Continuation = CheckedContinuation<Void, Never>

    /// Whom a change of the state concerns.
    package struct Wakes: Sendable {
        fileprivate var waiting: [Key: [UInt64: Continuation]] = [:]
        fileprivate var woken: [Continuation] = []

        /// Wakes all that wait for this.
        package mutating func wake(_ key: Key) {
            if let tasks = waiting.removeValue(forKey: key) { woken += tasks.values }
        }

        /// Wakes all that wait for one of these.
        package mutating func wakeAll(where isMeant: (Key) -> Bool) {
            for key in waiting.keys.filter(isMeant) { wake(key) }
        }

        fileprivate mutating func add(_ continuation: Continuation, _ number: UInt64, for key: Key) {
            waiting[key, default: [:]][number] = continuation
        }

        fileprivate mutating func remove(_ number: UInt64, for key: Key) -> Continuation? {
            let continuation = waiting[key]?.removeValue(forKey: number)
            if waiting[key]?.isEmpty == true { waiting[key] = nil }
            return continuation
        }
    }

    private struct Locked: Sendable {
        var state: State
        var wakes = Wakes()
        var lastNumber: UInt64 = 0
    }

    private let locked: Mutex<Locked>

    package init(_ state: State) { locked = Mutex(Locked(state: state)) }

    /// Tasks that wait.
    package var waiterCount: Int { locked.withLock { $0.wakes.waiting.values.reduce(0) { $0 + $1.count } } }

    /// Asks the state.
    package func read<R: Sendable>(_ body: (borrowing State) -> R) -> R { locked.withLock { body($0.state) } }

    /// Changes the state, and wakes whom that concerns.
    package func update<R: Sendable>(_ body: (inout State, inout Wakes) -> R) -> R {
        let (result, woken) = locked.withLock { locked in
            let result = body(&locked.state, &locked.wakes)
            defer { locked.wakes.woken = [] }
            return (result, locked.wakes.woken)
        }
        for task in woken { task.resume() }
        return result
    }

    /// Returns when the task is woken, after `timeout`, or when it is cancelled; at once where there is nothing to wait
    /// for.
    ///
    /// - Parameter isOutstanding: whether there is; asked under the lock, so that nothing is missed after that.
    package func wait(
        for key: Key, upTo timeout: Duration, while isOutstanding: @escaping @Sendable (inout State) -> Bool
    ) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.suspend(for: key, while: isOutstanding) }
            group.addTask {
                // Cancelled when that came first; there is nothing to do about it.
                try? await Task.sleep(for: timeout)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func suspend(for key: Key, while isOutstanding: @Sendable (inout State) -> Bool) async {
        let number = locked.withLock { locked in
            locked.lastNumber += 1
            return locked.lastNumber
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumesNow = locked.withLock { locked in
                    // The task is marked as cancelled before its handler runs, so between this look and the handler's
                    // turn at the lock nothing is missed.
                    guard !Task.isCancelled, isOutstanding(&locked.state) else { return true }
                    locked.wakes.add(continuation, number, for: key)
                    return false
                }
                if resumesNow { continuation.resume() }
            }
        } onCancel: {
            locked.withLock { $0.wakes.remove(number, for: key) }?.resume()
        }
    }
}
