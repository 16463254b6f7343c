import NIOCore
import NIOHTTP1
import Synchronization

/// How long late fills could be served, as the agents themselves count it.
///
/// They are asked all the time, because each agent that was killed begins anew at 0. What one counted in its last
/// second is lost.
final class TortureMetrics: Sendable {
    /// Observations up to each bound, in seconds.
    struct Counts: Sendable {
        fileprivate var upTo: [Double: Int] = [:]

        var total: Int { upTo[.infinity] ?? 0 }

        /// A time that so many of all are not above; nil: there is none below a minute.
        func time(_ quantile: Double) -> Duration? {
            let bound = upTo.keys.sorted().first { Double(upTo[$0] ?? 0) >= quantile * Double(total) } ?? 0
            return bound.isFinite ? .seconds(bound) : nil
        }

        fileprivate mutating func add(_ new: Counts, since old: Counts) {
            for (bound, count) in new.upTo { upTo[bound, default: 0] += count - (old.upTo[bound] ?? 0) }
        }
    }

    /// Those that the agent knows to be old, and those of which nobody knows: few of these are old.
    struct Fills: Sendable {
        fileprivate(set) var old = Counts()
        fileprivate(set) var unproven = Counts()

        fileprivate var total: Int { old.total + unproven.total }

        fileprivate mutating func add(_ new: Fills, since earlier: Fills = Fills()) {
            old.add(new.old, since: earlier.old)
            unproven.add(new.unproven, since: earlier.unproven)
        }
    }

    /// What an agent has said.
    private struct Answer {
        /// Tells one run of an agent from the next.
        var start = ""
        var counts = Fills()
        var isFenced = false
        var time = ContinuousClock.now
    }

    private struct State {
        var last: [String: Answer] = [:]
        var all = Fills()
        var inService = Fills()
    }

    private let ledger: TortureLedger
    private let state = Mutex(State())
    private static let pause = Duration.seconds(1)
    /// How long after an agent goes on what it finds may have landed while it stood still.
    private static let aftermath = Duration.seconds(2)

    init(_ ledger: TortureLedger) {
        self.ledger = ledger
    }

    /// All late fills.
    var all: Fills { state.withLock { $0.all } }
    /// Those that only the gap of nginx explains: their agent was neither killed nor stopped, nor its cache fenced.
    var inService: Fills { state.withLock { $0.inService } }

    /// Asks until the task is cancelled.
    func run(_ environment: DevEnvironment) async {
        while !Task.isCancelled {
            await ask(environment)
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Asks all agents once; one that is stopped is left out.
    func ask(_ environment: DevEnvironment) async {
        await withTaskGroup(of: Void.self) { group in
            for cache in environment.ready.caches {
                group.addTask {
                    let answer = try? await environment.web.admin(cache, "/metrics", timeout: .seconds(2))
                    if let text = answer?.text { self.take(text, cache.agent) }
                }
            }
        }
    }

    private static var bucket: Regex<(Substring, Substring, Substring, Substring)> {
        /edge_purge_agent_late_fill_visible_seconds_bucket\{reason="(.*)",le="(.*)"\} (.*)/
    }

    private func take(_ text: String, _ agent: String) {
        var answer = Answer()
        let bucket = Self.bucket
        for line in text.split(separator: "\n") {
            if line.hasPrefix("process_start_time_seconds ") { answer.start = String(line) }
            if line == "edge_purge_agent_fenced 1" { answer.isFenced = true }
            guard let match = line.wholeMatch(of: bucket), let count = Int(match.3) else { continue }
            let bound = match.2 == "+Inf" ? .infinity : Double(match.2) ?? .infinity
            if match.1 == "old" {
                answer.counts.old.upTo[bound] = count
            } else {
                answer.counts.unproven.upTo[bound] = count
            }
        }
        guard !answer.start.isEmpty else { return }
        state.withLock { state in
            let last = state.last.updateValue(answer, forKey: agent)
            // A database that was damaged is made anew, with all counters, in the same process.
            guard let last, last.start == answer.start, last.counts.total <= answer.counts.total else {
                return state.all.add(answer.counts)
            }
            state.all.add(answer.counts, since: last.counts)
            if !last.isFenced, !answer.isFenced, !ledger.wasDown(agent, since: last.time - Self.aftermath) {
                state.inService.add(answer.counts, since: last.counts)
            }
        }
    }
}
