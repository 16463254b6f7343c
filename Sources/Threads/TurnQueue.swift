import DequeModule
import Dispatch
import Synchronization

/// Runs short pieces of blocking work off the cooperative pool, a few at once; those who ask take turns.
///
/// However much one asks for, another's next piece waits for one of each who asks, and for nothing that is begun twice.
/// Work that takes long is to be given in pieces. A piece whose task is cancelled before it begins is never done.
package final class TurnQueue<Asker: Hashable & Sendable>: Sendable {
    /// Too much of somebody's waits already.
    package struct Full: Error {
        /// Pieces that may wait.
        package let waitingMax: Int
    }

    private struct Piece: Sendable {
        let number: UInt64
        let work: @Sendable () -> Void
        let cancel: @Sendable () -> Void
    }

    private struct State {
        var running = 0
        var next: UInt64 = 0
        /// What waits; nobody without something.
        var waiting: [Asker: Deque<Piece>] = [:]
        /// Who has something waiting, in the order of their turns.
        var turns: Deque<Asker> = []

        mutating func takePiece() -> Piece? {
            guard let asker = turns.popFirst(), var pieces = waiting.removeValue(forKey: asker) else { return nil }
            let piece = pieces.popFirst()
            if !pieces.isEmpty {
                waiting[asker] = pieces
                turns.append(asker)
            }
            return piece
        }

        /// Takes out a piece that has not begun.
        mutating func remove(_ number: UInt64, of asker: Asker) -> Piece? {
            guard let place = waiting[asker]?.firstIndex(where: { $0.number == number }) else { return nil }
            let piece = waiting[asker]?.remove(at: place)
            if waiting[asker]?.isEmpty == true {
                waiting[asker] = nil
                turns.removeAll { $0 == asker }
            }
            return piece
        }
    }

    private let width: Int
    private let waitingMax: Int
    private let queue: DispatchQueue
    private let state = Mutex(State())

    /// Creates a queue; while there is nothing to do it holds no thread.
    ///
    /// - Parameters:
    ///   - name: shown by gdb.
    ///   - width: pieces that run at once.
    ///   - waitingMax: pieces of one asker that may wait.
    package init(name: String, width: Int, waitingMax: Int) {
        queue = DispatchQueue(label: name, attributes: .concurrent)
        self.width = width
        self.waitingMax = waitingMax
    }

    /// Runs `work` when it is the turn of `asker`, and returns what it returned, or throws what it threw.
    ///
    /// Errors: ``Full``; `CancellationError` where the task was cancelled before the work began.
    package func run<R: Sendable>(
        for asker: Asker, _ work: @escaping @Sendable () throws -> R
    ) async throws -> R {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<R, any Error>) in
                let piece = Piece(number: number) {
                    continuation.resume(with: Result { try work() })
                } cancel: {
                    continuation.resume(throwing: CancellationError())
                }
                guard add(piece, of: asker) else {
                    return continuation.resume(throwing: Full(waitingMax: waitingMax))
                }
                // The handler may have looked before there was anything to take out.
                if Task.isCancelled { cancel(number, of: asker) }
            }
        } onCancel: {
            cancel(number, of: asker)
        }
    }

    /// Pieces that wait.
    package var waitingCount: Int { state.withLock { $0.waiting.values.reduce(0) { $0 + $1.count } } }

    private func add(_ piece: Piece, of asker: Asker) -> Bool {
        let (isTaken, isLane) = state.withLock { state in
            guard state.waiting[asker]?.count ?? 0 < waitingMax else { return (false, false) }
            if state.waiting[asker] == nil { state.turns.append(asker) }
            state.waiting[asker, default: []].append(piece)
            guard state.running < width else { return (true, false) }
            state.running += 1
            return (true, true)
        }
        if isLane { queue.async { self.work() } }
        return isTaken
    }

    private func cancel(_ number: UInt64, of asker: Asker) {
        state.withLock { $0.remove(number, of: asker) }?.cancel()
    }

    /// Works until nothing waits.
    private func work() {
        while true {
            let piece = state.withLock { state in
                let piece = state.takePiece()
                if piece == nil { state.running -= 1 }
                return piece
            }
            guard let piece else { return }
            piece.work()
        }
    }
}
