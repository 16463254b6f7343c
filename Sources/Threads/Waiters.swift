/// Tasks that are suspended until somebody wakes them, by what they wait for.
///
/// Whoever owns it keeps it under a lock, together with what is waited for. Each continuation that was added has to be
/// resumed by whoever takes it out, outside the lock.
package struct Waiters<Key: Hashable & Sendable>: Sendable {
    package typealias Continuation = CheckedContinuation<Void, Never>

    private var waiting: [Key: [UInt64: Continuation]] = [:]
    private var lastNumber: UInt64 = 0

    package init() {}

    /// Tasks that wait.
    package var count: Int { waiting.values.reduce(0) { $0 + $1.count } }

    /// A number for a task that is about to wait, by which it can be taken out.
    package mutating func makeNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }

    /// Keeps a task that waits.
    package mutating func add(_ continuation: Continuation, _ number: UInt64, for key: Key) {
        waiting[key, default: [:]][number] = continuation
    }

    /// Takes out one task, which was cancelled; nil where it was woken before, or does not wait yet.
    package mutating func remove(_ number: UInt64, for key: Key) -> Continuation? {
        let continuation = waiting[key]?.removeValue(forKey: number)
        if waiting[key]?.isEmpty == true { waiting[key] = nil }
        return continuation
    }

    /// Takes out all that wait for something.
    package mutating func take(_ key: Key) -> [Continuation] {
        waiting.removeValue(forKey: key).map { Array($0.values) } ?? []
    }

    /// Takes out all that wait for one of many things.
    package mutating func takeAll(where isTaken: (Key) -> Bool) -> [Continuation] {
        waiting.keys.filter(isTaken).flatMap { take($0) }
    }
}
