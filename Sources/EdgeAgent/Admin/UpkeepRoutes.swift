import Hummingbird
import PurgeModel

/// Verify, rebuild and flush: each is begun, and then asked about until it is done.
struct UpkeepRoutes: Sendable {
    let upkeep: Upkeep
    let caches: CacheSet
    let board: AgentStatusBoard

    func add(to router: Router<BasicRequestContext>) {
        router.post("/v1/verify") { _, _ in try answer(upkeep.verify()) }
        router.post("/v1/rebuild") { _, _ in try answer(upkeep.rebuild()) }
        router.post("/v1/flush") { request, _ in try flush(request.uri.queryParameters) }
        router.get("/v1/tasks/:id") { _, context in
            let id = try context.parameters.require("id", as: Int.self)
            guard let task = upkeep.task(id) else {
                throw HTTPError(.notFound, message: "no task \(id): the agent may have started anew since")
            }
            return LocalAnswer(UpkeepAnswer(task: .init(task), problem: board.problem))
        }
    }

    /// Reads `?mode=delete&cache=/var/cache/nginx/edge`; without `cache` all of them.
    private func flush(_ parameters: Parameters) throws -> LocalAnswer<UpkeepAnswer> {
        for (name, _) in parameters where !["mode", "cache"].contains(name) {
            throw QueryError("unknown parameter '\(name)'; known are mode, cache")
        }
        let text = parameters["mode"].map { String($0) } ?? PurgeMode.delete.rawValue
        guard let mode = PurgeMode(rawValue: text) else {
            throw QueryError("mode=\(text) is neither delete nor invalidate")
        }
        let known = caches.paths
        let paths = parameters.getAll("cache")
        for path in paths where !known.contains(path) {
            throw QueryError("'\(path)' is no cache of this agent; it has \(known.joined(separator: ", "))")
        }
        return try answer(upkeep.flush(paths: paths.isEmpty ? nil : paths, mode: mode))
    }

    private func answer(_ task: UpkeepTask?) throws -> LocalAnswer<UpkeepAnswer> {
        guard let task else {
            throw HTTPError(.tooManyRequests, message: "too many requests are waiting; try again later")
        }
        return LocalAnswer(UpkeepAnswer(task: .init(task), problem: board.problem))
    }
}
