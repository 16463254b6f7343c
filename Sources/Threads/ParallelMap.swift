import Dispatch
import Synchronization

/// Maps a large array on several threads, blocking the caller until all is done.
package enum ParallelMap {
    /// Splits `items` into one run a thread; `body` maps a run and must keep its order and length.
    ///
    /// The first error is thrown.
    package static func map<Item: Sendable, Output: Sendable>(
        _ items: [Item], threads: Int, _ body: @Sendable (ArraySlice<Item>) throws -> [Output]
    ) throws -> [Output] {
        let count = max(1, min(threads, items.count))
        let size = (items.count + count - 1) / count
        let results = Mutex<[Int: Result<[Output], any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: count) { number in
            let start = min(items.count, number * size)
            let run = items[start..<min(items.count, start + size)]
            let result = Result { try body(run) }
            results.withLock { $0[number] = result }
        }
        let all = results.withLock { $0 }
        return try (0..<count).flatMap { try all[$0]?.get() ?? [] }
    }
}
