import Logging
import PurgeModel
import Synchronization
import Threads

/// Looks at some of the files of each cache every so often, as `edge-purge doctor` does: whether they fit the keys, and
/// have hosts that visitors ask for.
///
/// It reads the beginning of ``filesMax`` files of each cache, of directories drawn at random, and nothing else.
final class CensusTaker: Sendable {
    /// What is looked at, and what was told of it.
    private struct State {
        var caches: [CacheConfiguration]
        /// Caches with a problem.
        var wrong: Set<String> = []
        /// What was logged.
        var logged: Set<String> = []
    }

    private let normalization: URLNormalization
    private let board: AgentStatusBoard
    private let clock: any AgentClock
    private let logger: Logger
    private let state: Mutex<State>

    /// Enough to see what one file in a hundred has.
    static let filesMax = 2000
    /// From the first files being known to the first look.
    private static let firstPause = Duration.seconds(10)
    /// While caches fill, and when there were as many files as are looked at.
    private static let pauses = (filling: Duration.seconds(600), full: Duration.seconds(3600))

    init(_ configuration: AgentConfiguration, board: AgentStatusBoard, clock: any AgentClock, logger: Logger) {
        normalization = configuration.normalization
        self.board = board
        self.clock = clock
        self.logger = logger
        state = Mutex(State(caches: configuration.caches))
    }

    /// Takes over other caches, for the next look.
    func replace(_ caches: [CacheConfiguration]) { state.withLock { $0.caches = caches } }

    /// Looks until the task is cancelled.
    func run() async {
        var pause = Self.firstPause
        while (try? await Task.sleep(for: pause)) != nil {
            guard !board.isScanning else { continue }
            // Without a thread it is tried again.
            let isFull = (try? await DedicatedThread.run(name: "census") { self.look() }) ?? false
            pause = isFull ? Self.pauses.full : Self.pauses.filling
        }
    }

    /// Looks once at all caches; blocks its thread.
    ///
    /// - Returns: whether each had as many files as are looked at.
    @discardableResult
    func look() -> Bool {
        let caches = state.withLock { $0.caches }
        var told: [CensusStatus] = []
        for cache in caches {
            do {
                let census = try CacheKeyCensus(cache, normalization, limit: Self.filesMax) {
                    board.isStopping
                }
                told.append(tell(census, CacheKeyFinding.all(in: census, origins: [])))
            } catch {
                // Who learns the files tells of it, as a problem.
                logger.debug(
                    "a cache cannot be looked at", metadata: ["path": "\(cache.path)", "error": "\(error)"])
            }
        }
        board.tell(told)
        let gone = state.withLock { state in
            defer { state.wrong.formIntersection(caches.map(\.path)) }
            return state.wrong.subtracting(caches.map(\.path))
        }
        for path in gone { board.set(problem: nil, of: .hosts(path)) }
        return told.count == caches.count && told.allSatisfy { $0.files >= Self.filesMax }
    }

    private func tell(_ census: CacheKeyCensus, _ findings: [CacheKeyFinding]) -> CensusStatus {
        var status = CensusStatus(
            path: census.path, at: clock.now, files: census.files, unmatched: 0, oddHosts: 0, unusedKeys: [],
            findings: findings.map(\.description))
        var wrongHosts: String?
        for finding in findings {
            switch finding {
            // The index has the sum: see UnmatchedKeys.
            case .unmatched(let files, _, _): status.unmatched = files
            case .unusedKey(let key, _):
                status.unusedKeys.append(key)
                log(finding, key, census.path)
            case .oddHost(let host, _, let files, _):
                status.oddHosts += files
                guard finding.isWrong else { continue }
                wrongHosts = wrongHosts ?? "\(finding)"
                log(finding, host, census.path)
            }
        }
        let isNews = state.withLock { state in
            wrongHosts == nil ? state.wrong.remove(census.path) != nil : state.wrong.insert(census.path).inserted
        }
        if isNews {
            let text = wrongHosts.map {
                "in \(census.path) \($0); compare caches[].cache_key with proxy_cache_key in nginx, or name the "
                    + "visitors' hosts under caches[].host"
            }
            board.set(problem: text, of: .hosts(census.path))
        }
        return status
    }

    /// Logs a finding, each once.
    ///
    /// - Parameter name: the key or the host that it is about.
    private func log(_ finding: CacheKeyFinding, _ name: String, _ path: String) {
        guard state.withLock({ $0.logged.insert("\(path) \(name)").inserted }) else { return }
        logger.warning("\(finding)", metadata: ["path": "\(path)"])
    }
}
