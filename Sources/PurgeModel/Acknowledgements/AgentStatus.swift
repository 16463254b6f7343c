/// What an agent is doing now, as it tells in its acknowledgement.
package enum AgentStatus: String, Sendable, Hashable, Codable, CaseIterable {
    /// Opening its index or reading its caches for the first time.
    case starting
    /// Up to date: a purge is applied as it comes.
    case live
    /// Behind, and working through its queue.
    case catchingUp = "catching_up"
    /// Its caches bypass their hits, see ``FenceMode``.
    case fenced
    /// Stopping in order: the last word of this process. It does not leave the set by that.
    case draining
}
