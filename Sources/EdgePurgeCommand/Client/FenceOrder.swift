import FoundationEssentials
import PurgeModel

/// What `edge-purge fence`, `unfence`, `drain` and `resume` have in common: one order to the local agent, one line of
/// answer.
enum FenceOrder {
    /// Sends the order and prints how the fence is then.
    static func send(_ name: String, _ admin: AdminOptions) async throws {
        let answer = try await admin.client().post("/v1/\(name)")
        guard !admin.wantsJSON else { return Terminal.write(answer.text) }
        let state = try answer.decoded(FenceAnswer.self)
        let reason = state.reason.map { " (\($0))" } ?? ""
        Terminal.write(
            state.drained ? "drained" : state.fenced ? "fenced\(reason)" : "in use")
    }
}
