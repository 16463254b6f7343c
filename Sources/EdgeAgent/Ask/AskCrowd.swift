import DequeModule
import NIOCore
import Synchronization

/// The visitors who wait for what another one's request is fetching: one fetch for a crowd.
///
/// nginx sends everybody to the origin who finds a file that is marked deleted, since `proxy_cache_lock` holds only
/// where there is none. So whoever asks about such a file first is answered, and who comes after that waits until
/// something else lies there. Answers are put off here, and never decided. Nobody tells what goes wrong with a fetch
/// (it fails, its response may not be stored, its visitor has left): each second without something new one more is let
/// through, and when `hold` is over all are. Then nobody waits for that file again.
///
/// Any thread may use it.
final class AskCrowd: Sendable {
    /// What becomes of a question.
    enum Turn: Hashable, Sendable {
        /// It is answered now.
        case answer
        /// It waits, by this number; without a waiter, it would.
        case wait(UInt64?)
    }

    /// How a wait ends; the names are those of the metric.
    enum End: String, Sendable {
        /// Something new lies there.
        case renewed
        /// Nothing new came for a second, and this one is let through.
        case next
        /// The time is over.
        case over
        /// nginx has hung up.
        case left
    }

    /// A question that can wait, and the promise that is kept when it is to be answered after all.
    struct Waiter: Sendable {
        let question: AskQuestion
        let promise: EventLoopPromise<Void>
    }

    /// One cache key whose file somebody is fetching anew.
    private struct Gate {
        var expects: AskVerdict.Expectation
        /// When nobody waits any more.
        let ends: ContinuousClock.Instant
        /// When the next one is let through.
        var next: ContinuousClock.Instant
        var waiters: [UInt64: Waiter] = [:]
    }

    private struct State {
        var gates: [Int: Gate] = [:]
        /// All gates in the order in which they end; some may be gone.
        var order: Deque<(key: Int, ends: ContinuousClock.Instant)> = []
        /// The keys at whose gates somebody waits, in the order in which they are looked at.
        var crowded: Deque<Int> = []
        /// The same, each once.
        var listed: Set<Int> = []
        /// What was waited for in vain.
        var vain: [Int: AskVerdict.Expectation] = [:]
        var waiting = 0
        var nextNumber: UInt64 = 0
        var isClosed = false
    }

    private let hold: Duration
    private let clock: any AgentClock
    private let counters: AgentCounters
    private let state = Mutex(State())

    private static let nextPause = Duration.seconds(1)
    /// Keys at once, about 150 bytes each; a fetch of 0.5 s leaves room for 4,000 a second, as gates stay for `hold`.
    private static let gatesMax = 20_000
    /// Each is a connection, and nginx has two for it.
    private static let waitingMax = 10_000
    private static let vainMax = 20_000
    /// Keys that are looked at in one go: others wait for the thread.
    private static let looksMax = 64

    /// - Parameter hold: how long a question waits at most; zero: none does.
    init(hold: Duration, clock: any AgentClock, counters: AgentCounters) {
        self.hold = hold
        self.clock = clock
        self.counters = counters
    }

    /// Whether anybody waits.
    var hasWaiting: Bool { state.withLock { $0.waiting > 0 } }

    /// Decides whether a question is answered now.
    ///
    /// - Parameters:
    ///   - key: the cache key, as ``CacheKeyHash`` makes it a number.
    ///   - waiter: waits from now on, if the question has to.
    func turn(of key: Int, _ expects: AskVerdict.Expectation?, _ waiter: Waiter? = nil) -> Turn {
        guard hold > .zero else { return .answer }
        return update { state, ended in
            guard let expects else {
                end(key, .renewed, &state, &ended)
                return .answer
            }
            let now = clock.instant
            if let gate = state.gates[key], gate.ends <= now { isOver(key, expects, &state, &ended) }
            guard !state.isClosed, state.vain[key] != expects else { return .answer }
            guard state.gates[key] != nil || open(key, expects, now, &state) else { return .answer }
            if leads(key, expects, now, &state) { return .answer }
            guard state.waiting < Self.waitingMax else { return .answer }
            guard let waiter else { return .wait(nil) }
            state.nextNumber += 1
            state.waiting += 1
            state.gates[key]?.waiters[state.nextNumber] = waiter
            list(key, &state)
            return .wait(state.nextNumber)
        }
    }

    /// A question that waited has nobody any more who wants the answer.
    func leave(_ key: Int, _ number: UInt64) {
        update { state, ended in end(key, number, .left, &state, &ended) }
    }

    /// Looks what has become of the next keys that are waited for.
    ///
    /// - Parameter expectation: what is found about a question now.
    func look(_ expectation: (AskQuestion) -> AskVerdict.Expectation?) {
        let questions = state.withLock { state in
            let keys = state.crowded.prefix(Self.looksMax)
            state.crowded.removeFirst(keys.count)
            state.listed.subtract(keys)
            return keys.compactMap { key in state.gates[key]?.waiters.first.map { (key, $0.value.question) } }
        }
        for (key, question) in questions {
            let found = expectation(question)
            update { state, ended in
                defer { list(key, &state) }
                guard let expects = found else { return end(key, .renewed, &state, &ended) }
                let now = clock.instant
                guard let gate = state.gates[key] else { return }
                if gate.ends <= now { return isOver(key, expects, &state, &ended) }
                if leads(key, expects, now, &state), let first = gate.waiters.keys.min() {
                    end(key, first, .next, &state, &ended)
                }
            }
        }
    }

    /// Lets everybody go; nobody waits after that.
    func close() {
        update { state, ended in
            state.isClosed = true
            for key in state.gates.keys { end(key, .over, &state, &ended) }
        }
    }

    // MARK: Gates

    /// Changes the state, and tells those whose wait has ended when the lock is free again.
    private func update<Result>(_ body: (inout State, inout [Waiter]) -> Result) -> Result {
        var ended: [Waiter] = []
        let result = state.withLock { state in
            let result = body(&state, &ended)
            counters.wait(state.waiting)
            return result
        }
        for waiter in ended { waiter.promise.succeed() }
        return result
    }

    /// Has a key looked at, as long as anybody waits there.
    private func list(_ key: Int, _ state: inout State) {
        guard state.gates[key]?.waiters.isEmpty == false, state.listed.insert(key).inserted else { return }
        state.crowded.append(key)
    }

    /// Makes a gate at which the first one is let through; false where there is no room.
    private func open(
        _ key: Int, _ expects: AskVerdict.Expectation, _ now: ContinuousClock.Instant, _ state: inout State
    ) -> Bool {
        while let first = state.order.first, first.ends <= now {
            state.order.removeFirst()
            if let gate = state.gates[first.key], gate.ends == first.ends, gate.waiters.isEmpty {
                state.gates[first.key] = nil
            }
        }
        guard state.order.count < Self.gatesMax else { return false }
        state.gates[key] = Gate(expects: expects, ends: now + hold, next: now)
        state.order.append((key, now + hold))
        return true
    }

    /// Whether somebody who asks at a gate is to fetch: the first one, one more from time to time, and whoever finds
    /// something deleted anew.
    private func leads(
        _ key: Int, _ expects: AskVerdict.Expectation, _ now: ContinuousClock.Instant, _ state: inout State
    ) -> Bool {
        guard let gate = state.gates[key] else { return true }
        state.gates[key]?.expects = expects
        guard case .response = expects, gate.expects != expects || gate.next <= now else { return false }
        state.gates[key]?.next = now + Self.nextPause
        return true
    }

    /// The time of a gate is over.
    private func isOver(
        _ key: Int, _ expects: AskVerdict.Expectation, _ state: inout State, _ ended: inout [Waiter]
    ) {
        if state.gates[key]?.expects == expects {
            if state.vain.count >= Self.vainMax { state.vain = [:] }
            state.vain[key] = expects
        }
        end(key, .over, &state, &ended)
    }

    /// Takes away a gate.
    private func end(_ key: Int, _ how: End, _ state: inout State, _ ended: inout [Waiter]) {
        guard let gate = state.gates.removeValue(forKey: key) else { return }
        state.waiting -= gate.waiters.count
        ended += gate.waiters.values
        for _ in gate.waiters { counters.waited(how.rawValue) }
    }

    /// Takes one away who waits at a gate.
    private func end(_ key: Int, _ number: UInt64, _ how: End, _ state: inout State, _ ended: inout [Waiter]) {
        guard let waiter = state.gates[key]?.waiters.removeValue(forKey: number) else { return }
        state.waiting -= 1
        ended.append(waiter)
        counters.waited(how.rawValue)
    }
}
