import PurgeModel

/// Tells whether one or two processes speak under one agent's name.
///
/// All acknowledgements of one name are in one partition, so their order is what happened. A restart looks like `A A B
/// B`: the old process never speaks again. Two processes at once look like `A A B A`: an older one speaks after a newer
/// one. Between the first word of B and the next word that A would have said nobody can know which it is, so in that
/// time the name counts as nothing: what B has applied says nothing about the cache that A looks after.
struct InstanceTracker: Sendable {
    /// What is known of the processes behind the name.
    enum Standing: Equatable, Sendable {
        /// One process speaks.
        case settled
        /// Another process has taken over a moment ago; the old one may still be there.
        case takingOver
        /// Two processes speak in turn.
        case conflicted
    }

    /// How many earlier instances are remembered; an agent that crashes all the time must not grow this.
    private static let earlierMax = 16

    /// The instance that spoke last.
    private(set) var current: String
    /// Whether that instance may be believed.
    private(set) var standing: Standing = .settled
    private var earlier: [String] = []
    private var heardSince: Duration
    private var sentSince: Timestamp

    /// Begins with the first word of an agent: there is nobody to contradict it.
    init(instance: String, sentAt: Timestamp, heardAt: Duration) {
        current = instance
        heardSince = heardAt
        sentSince = sentAt
    }

    /// Takes in one acknowledgement.
    /// - Parameters:
    ///   - instance: who speaks.
    ///   - sentAt: on the agent's clock. Only spans between words of one instance are used, so clocks need not agree.
    ///   - heardAt: on this process's monotonic clock.
    ///   - hasEnded: whether the last word of the current instance was that it is leaving.
    ///   - window: how long one instance must speak alone to be believed; longer than agents are ever silent.
    mutating func hear(
        instance: String, sentAt: Timestamp, heardAt: Duration, currentHasEnded hasEnded: Bool, window: Duration
    ) {
        guard instance != current else {
            guard standing != .settled else { return }
            // While the topic is read from its start, an hour passes in a millisecond here; the agent's own clock knows
            // better.
            let alone = max(heardAt - heardSince, .milliseconds(sentAt.milliseconds - sentSince.milliseconds))
            if alone >= window { standing = .settled }
            return
        }
        if earlier.contains(instance) {
            standing = .conflicted
        } else if standing != .conflicted, !(hasEnded && standing == .settled) {
            standing = .takingOver
        }
        earlier.removeAll { $0 == instance }
        earlier.append(current)
        if earlier.count > Self.earlierMax { earlier.removeFirst() }
        current = instance
        heardSince = heardAt
        sentSince = sentAt
    }
}
