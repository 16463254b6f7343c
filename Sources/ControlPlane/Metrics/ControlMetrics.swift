package import PrometheusText

/// The metrics of a control plane, each declared once.
///
/// The names are an interface: rules and dashboards in `deploy/`, and those of operators, use them.
package enum ControlMetrics {
    static let info = Metric.gauge(
        "edge_purge_control_info", labels: ["version"], "Always 1; the label says which version runs.")
    static let ready = Metric.gauge(
        "edge_purge_control_topic_ready", labels: ["topic"],
        "1 while the collector has read this topic (events, acks) to its end and can read on.")
    static let behind = Metric.gauge(
        "edge_purge_control_topic_lag_offsets", labels: ["topic"],
        "Messages of this topic (events, acks) that the collector has not read yet.")

    static let requests = Metric.counter(
        "edge_purge_control_http_requests_total", labels: ["route", "code"],
        "Answered requests, by route and class of the status (2xx, 4xx, 5xx; gone: the client did not wait).")
    static let requestDuration = Metric.histogram(
        "edge_purge_control_http_request_duration_seconds", labels: ["route"],
        "Until the answer begins; requests that wait for a confirmation have a route of their own, with ?wait.")
    static let rateLimited = Metric.counter(
        "edge_purge_control_rate_limited_total", "Requests refused with status 429.")
    static let refused = Metric.counter(
        "edge_purge_control_refused_total", labels: ["tenant", "reason"],
        "Requests refused to a token (none: without a known one), because its account purges too much (rate), it has "
            + "too much waiting for its turn (turns) or for purges (places), or it may not do that (access).")
    static let waiters = Metric.gauge(
        "edge_purge_control_waiters", "Requests that wait for a confirmation, or follow a purge, now.")

    static let accepted = Metric.counter(
        "edge_purge_control_purges_accepted_total", labels: ["selector", "mode"],
        "Purges that Kafka has stored for us, by what they name (url, tag, host, prefix, everything, mixed) and mode.")
    static let produceFailures = Metric.counter(
        "edge_purge_control_produce_failures_total", labels: ["outcome"],
        "Purges that Kafka did not store (not_stored), perhaps did (unknown), or never will (refused).")
    static let timeToEffective = Metric.histogram(
        "edge_purge_control_time_to_effective_seconds",
        "From a purge being accepted, by anybody, to its being effective on every agent: applied, or refused to "
            + "visitors because the proxy asks.")
    static let timeToConfirmed = Metric.histogram(
        "edge_purge_control_time_to_confirmed_seconds",
        "From a purge being accepted, by anybody, to its being applied by every agent.")
    static let openPurges = Metric.gauge("edge_purge_control_open_purges", "Purges that are not confirmed.")
    static let oldestOpen = Metric.gauge(
        "edge_purge_control_oldest_open_purge_seconds",
        "How long ago the oldest purge was accepted that is not confirmed; 0 while none is open.")
    static let knownPurges = Metric.gauge("edge_purge_control_known_purges", "Purges in memory, confirmed ones too.")
    static let confirmationsHeld = Metric.gauge(
        "edge_purge_control_confirmations_held", labels: ["reason"],
        "1 while purges are not confirmed because of a topic: its properties make confirmations untrue (topic), an "
            + "agent tells of another topic than the one that is there (conflict), purge.acks has no word of an agent "
            + "that has not been retired (remembered), or how far tiers are cannot be written (tiers).")

    static let agents = Metric.gauge(
        "edge_purge_control_agents", labels: ["state"],
        "Agents by state: what they say, or missing (silent for longer than their lease), unheard (in the roster "
            + "only), drained, conflicted."
    )
    static let agentLag = Metric.gauge(
        "edge_purge_control_agent_lag_offsets", labels: ["agent"],
        "Offsets that this agent has not applied, over all partitions.")
    static let agentOldest = Metric.gauge(
        "edge_purge_control_agent_oldest_unapplied_seconds", labels: ["agent"],
        "How long ago the oldest purge was accepted that this agent has not applied; 0 while there is none.")
    static let agentSilence = Metric.gauge(
        "edge_purge_control_agent_silence_seconds", labels: ["agent"], "Since this agent was last heard.")
    static let agentMissing = Metric.gauge(
        "edge_purge_control_agent_missing", labels: ["agent"],
        "1 for an agent that has been silent for longer than its lease, or is in the roster and was never heard.")
    static let agentConflicted = Metric.gauge(
        "edge_purge_control_agent_conflicted", labels: ["agent"],
        "1 for a name under which two agents speak, and for a machine that uses the name of another one.")
    static let agentUnmatched = Metric.gauge(
        "edge_purge_control_agent_unmatched_files", labels: ["agent"],
        "Files in this agent's caches that no purge by URL, host or prefix can find.")
    static let agentsLeftOut = Metric.gauge(
        "edge_purge_control_agents_without_series",
        "Agents that have no series of their own because there are more than metrics.agents_max.")

    static let tierMembers = Metric.gauge(
        "edge_purge_control_tier_members", labels: ["tier"],
        "Agents of this tier: 0 where agents fill from a tier that nobody is in.")
    static let tierLag = Metric.gauge(
        "edge_purge_control_tier_lag_offsets", labels: ["tier"],
        "Offsets for which the agents that fill from this tier still have to wait, over all partitions.")
    static let tierProblem = Metric.gauge(
        "edge_purge_control_tier_problem", labels: ["tier"],
        "1 where agents fill from a tier that purges do not wait for: nobody is in it, or it fills from itself.")

    /// All of them, in the order in which they are written.
    package static let catalogue = MetricCatalogue(
        [
            info, ready, behind, requests, requestDuration, rateLimited, refused, waiters, accepted, produceFailures,
            timeToEffective, timeToConfirmed, openPurges, oldestOpen, knownPurges, confirmationsHeld, agents, agentLag,
            agentOldest,
            agentSilence,
            agentMissing, agentConflicted, agentUnmatched, agentsLeftOut, tierMembers, tierLag, tierProblem,
        ] + ProcessMetrics.all)
}
