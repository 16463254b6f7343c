/// The answer of an agent's `POST /v1/fence`, `/v1/unfence`, `/v1/drain` and `/v1/resume`: how the fence is then.
package struct FenceAnswer: Codable, Sendable, Hashable {
    private enum CodingKeys: String, CodingKey {
        case fenced, reason, drained
    }

    package let fenced: Bool
    /// Why: `held`, `drained`, `catching_up`, …; absent while it is not fenced.
    package let reason: String?
    package let drained: Bool

    package init(fenced: Bool, reason: String?, drained: Bool) {
        self.fenced = fenced
        self.reason = reason
        self.drained = drained
    }
}
