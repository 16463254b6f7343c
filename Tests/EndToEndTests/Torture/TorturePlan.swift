import Foundation
import TestSupport

/// How long a torture goes on, and everything about it that is drawn from its seed.
struct TorturePlan: Sendable {
    /// A kind of fault.
    enum Fault: String, CaseIterable, Sendable {
        case agentKilled = "agent killed"
        case agentStopped = "agent stopped"
        case agentDrained = "agent drained"
        case databaseDamaged = "database damaged"
        case indexVerified = "index verified"
        case controlKilled = "control plane killed"
        case controlStopped = "control plane stopped"
        case nginxReloaded = "nginx reloaded"
        /// What a 304 writes may land over a mark.
        case nginxSlow = "nginx slow to write"
        case brokerDown = "broker down"
        case brokersDown = "all brokers down"
        case connectionsDropped = "connections dropped"
        case brokerSlow = "broker slow"
        case leaderMoved = "leader moved"
        case agentCutOff = "agent cut off"

        /// Whom it is done to.
        var victim: Victim {
            switch self {
            case .brokerDown, .brokersDown, .connectionsDropped, .brokerSlow, .leaderMoved: .kafka
            case .agentCutOff: .link
            default: .process
            }
        }
    }

    /// Faults of one victim come one after the other, those of several at once.
    enum Victim: CaseIterable, Sendable {
        case process, kafka
        /// What is between one agent and Kafka.
        case link
    }

    static let caches = 3
    static let hosts = 2
    static let tags = 5

    let seed: UInt64
    let duration: Duration
    /// The faults of this run: some are left out, so that others are not always hidden behind them.
    let faults: [Fault]
    /// When agents fence.
    let fenceMode: String
    /// The watchdog of agents, as in the unit for systemd.
    static let watchdog = Duration.seconds(5)

    /// `guard.window` if it is not to be the default: without the guard a torture has to find something.
    let guardWindow: String?

    /// Until when nginx asks the agents; nil: it does not.
    let ask: String?

    /// What becomes of the bytes of deleted files.
    let reclaim: String

    /// Whether the caches fill from shields.
    let hasTiers: Bool

    /// From `EDGE_PURGE_TORTURE_GUARD` (`0s`: off), `EDGE_PURGE_TORTURE_SEED` and `EDGE_PURGE_TORTURE_DURATION`
    /// (seconds), `EDGE_PURGE_TORTURE_ASK` (`purge`, `guard`, `never`), `EDGE_PURGE_TORTURE_RECLAIM` (`nginx`, `now`),
    /// `EDGE_PURGE_TORTURE_TIERS` (`1`); a short run of any seed without.
    init() {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["EDGE_PURGE_TORTURE_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...9_999)
        let seconds = environment["EDGE_PURGE_TORTURE_DURATION"].flatMap { Int($0) } ?? 20
        self.seed = seed
        duration = .seconds(seconds)
        guardWindow = environment["EDGE_PURGE_TORTURE_GUARD"]
        var random = SeededGenerator(seed: seed)
        let kept = Fault.allCases.filter { _ in !random.once(in: 5) }.filter { $0 != .nginxSlow || Strace.isPossible }
        fenceMode = random.pick(["start", "behind", "cut_off"])
        faults = kept.isEmpty ? [.agentKilled] : kept
        hasTiers = environment["EDGE_PURGE_TORTURE_TIERS"] == "1"
        let drawn = random.pick(["never", "purge", "guard"])
        let ask = environment["EDGE_PURGE_TORTURE_ASK"].flatMap { $0.isEmpty ? nil : $0 } ?? drawn
        self.ask = ask == "never" ? nil : ask
        let drawnReclaim = random.pick(["nginx", "now"])
        reclaim = environment["EDGE_PURGE_TORTURE_RECLAIM"].flatMap { $0.isEmpty ? nil : $0 } ?? drawnReclaim
    }

    /// A generator for one of the tasks.
    func generator(_ task: Int) -> SeededGenerator {
        SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(task))
    }
}
