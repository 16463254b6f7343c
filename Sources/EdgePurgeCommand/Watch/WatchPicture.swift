import Foundation
import PurgeModel

/// What the control plane told at one moment: agents, the last purges, times to confirmed.
struct WatchPicture: Sendable {
    /// Wall clock here when it was asked.
    var at: Date
    /// Those that need somebody first.
    var agents: [AgentList.Agent]
    /// Newest first.
    var purges: [PurgeStatus]
    /// Of the last hour.
    var times: TimesReport
    /// All of it as one line of JSON, with everything that the control plane told.
    var json: String

    /// Purges asked for each time; what is pending among them is counted.
    private static let purgesMax = 100

    /// Before the first answer.
    static var nothing: WatchPicture {
        WatchPicture(
            at: .now, agents: [], purges: [], times: TimesReport(windowS: 3600, stepS: 60, count: 0), json: "{}")
    }

    /// Asks.
    ///
    /// - Throws: `CommandFailure` when the control plane cannot be reached or refuses.
    static func ask(_ client: ControlClient) async throws(CommandFailure) -> WatchPicture {
        let at = Date.now
        let agents = try await client.get("/v1/agents")
        let purges = try await client.get("/v1/purges?limit=\(purgesMax)")
        let times = try await client.get("/v1/times?window=1h")
        return WatchPicture(
            at: at, agents: try agents.decoded(AgentList.self).byNeed,
            purges: try purges.decoded(PurgePage.self).purges, times: try times.decoded(TimesReport.self),
            json: try Self.json(at: at, agents: agents, purges: purges, times: times))
    }

    /// `14:03:21`, local time.
    static func clock(_ date: Date) -> String {
        let parts = Calendar.current.dateComponents([.hour, .minute, .second], from: date)
        return [parts.hour, parts.minute, parts.second]
            .map { part in part.map { $0 < 10 ? "0\($0)" : "\($0)" } ?? "--" }.joined(separator: ":")
    }

    /// `3/3 agents live, 0 purges pending, lag 0, p50 24 ms, p99 61 ms`.
    var summary: String {
        let live = agents.count { $0.health == .live }
        let pending = purges.count { !$0.isConfirmed }
        let lag = agents.reduce(Int64(0)) { max($0, $1.lag ?? 0) }
        return "\(live)/\(agents.count) agents live, \(pending) purge\(pending == 1 ? "" : "s") pending, "
            + "lag \(lag), \(times.text)"
    }

    /// What somebody has to look at, a sentence each.
    var problems: [String] {
        agents.filter(\.health.isBad).map { agent in
            let silence = agent.silenceMs.map { " for \(DurationText.approximate(milliseconds: $0))" } ?? ""
            let state = agent.health == .silent ? "silent\(silence)" : agent.health.word.lowercased()
            return TextTable.printable("\(agent.agent): \(agent.remark.isEmpty ? state : "\(state), \(agent.remark)")")
        }
    }

    private static func json(
        at: Date, agents: HTTPAnswer, purges: HTTPAnswer, times: HTTPAnswer
    ) throws(CommandFailure) -> String {
        do {
            func object(_ answer: HTTPAnswer) throws -> [String: Any] {
                try JSONSerialization.jsonObject(with: answer.body) as? [String: Any] ?? [:]
            }
            let whole: [String: Any] = [
                "at": at.formatted(.iso8601), "agents": try object(agents)["agents"] ?? [],
                "purges": try object(purges)["purges"] ?? [], "times": try object(times),
            ]
            let data = try JSONSerialization.data(
                withJSONObject: whole, options: [.sortedKeys, .withoutEscapingSlashes])
            return String(decoding: data, as: UTF8.self)
        } catch {
            throw CommandFailure("the answers of the control plane cannot be read: \(error)")
        }
    }
}
