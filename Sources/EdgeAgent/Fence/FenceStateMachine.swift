import PurgeModel

/// Decides when the caches are fenced and when no longer.
///
/// `docs/decisions/0010-fence-and-lease.md` argues why it is right. Pure: it is told what happened and when, and
/// answers what to do.
struct FenceStateMachine: Sendable {
    /// What it goes by.
    struct Settings: Sendable {
        var mode: FenceMode
        /// The lease.
        var after: Duration
        /// From "everybody can know that we are back" to "everybody whose reading is fresh does know".
        var settling = Duration.seconds(2)
        /// How long this process may stand still before somebody ends it and sets the fence; zero: nobody does.
        var watchdog = Duration.zero
        /// A watchdog that leaves less of the lease than this cannot be allowed for: acknowledgements are sent once a
        /// second.
        static let leaseMin = Duration.seconds(2)
        /// Out of touch for so long, the fence is set.
        ///
        /// Earlier than the lease ends: it is looked after only now and then, and who stands still at that moment sets
        /// none, so that the watchdog has to be over by then.
        var lease: Duration {
            max(after - watchdog, min(after, Self.leaseMin)) - min(.milliseconds(500), after / 4)
        }
    }

    /// What the rest of the agent is like at one moment.
    struct View: Sendable {
        /// Caches are being looked through: what is in the index may not be all there is.
        var isScanning = false
        var isStopping = false
        /// Partitions being read; empty before the first was assigned.
        var partitions: [Int32: PartitionReading] = [:]
    }

    /// What to do now; all of them may be done again.
    enum Action: Sendable, Hashable {
        /// Make the fence file.
        case set(FenceReason)
        /// Remove the fence file.
        case lift
        /// Acknowledge at once.
        case announce
    }

    let settings: Settings
    /// Counts the changes of what acknowledgements tell about the fence.
    private(set) var version: UInt64 = 1
    /// Whether purges may have been confirmed without this agent while it was fenced, now or in an earlier run.
    private(set) var mayBeCountedOut: Bool
    private(set) var isHeld: Bool
    private(set) var isDrained = false
    /// The reason that was announced last.
    private var announcedReason: FenceReason?

    /// Set until everything is applied that has to be before the caches may be used.
    private var mustCatchUp: FenceReason?
    private var fencedSince: ContinuousClock.Instant
    /// When an acknowledgement of this version was known to be in Kafka.
    private var announcedAt: ContinuousClock.Instant?
    /// When the last acknowledgement that is in Kafka was sent.
    private var lastSent: ContinuousClock.Instant?
    /// When the last question was asked of which everything was read since.
    private var lastRead: ContinuousClock.Instant?
    private var newestEnds: PartitionEnds?
    /// Not yet read to; the oldest such, so that a steady stream of purges does not move it away.
    private var unread: PartitionEnds?
    /// To be applied before the fence is lifted.
    private var target: PartitionEnds?

    /// - Parameters:
    ///   - mayBeCountedOut: an earlier run has claimed `cut_off`, or was drained; or nobody has heard of this agent.
    ///   - isHeld: an earlier run was told to hold the fence.
    ///   - isSet: the fence file is there.
    init(
        settings: Settings, mayBeCountedOut: Bool, isHeld: Bool, isSet: Bool, now: ContinuousClock.Instant
    ) {
        self.settings = settings
        self.isHeld = isHeld
        self.mayBeCountedOut = mayBeCountedOut || settings.mode == .cutOff
        fencedSince = now
        if settings.mode != .off || self.mayBeCountedOut || isSet { mustCatchUp = .catchingUp }
    }

    /// Why the fence is to be there; nil when it is not.
    var reason: FenceReason? {
        if isDrained { return .drained }
        if isHeld { return .held }
        return mustCatchUp
    }

    var isFenced: Bool { reason != nil }

    /// Whether the brokers should be asked where the partitions end.
    var needsEnds: Bool { mustCatchUp != nil || settings.mode >= .behind }

    /// Whether an acknowledgement of this run is in Kafka.
    var isHeard: Bool { lastSent != nil }

    /// Whether the agent has caught up, so that nothing but a person keeps the fence up.
    var hasCaughtUp: Bool { mustCatchUp == nil }

    // MARK: What happened

    /// Time has passed; to be called a few times a second.
    ///
    /// - Parameter isSet: whether the fence file is there.
    mutating func advance(to now: ContinuousClock.Instant, view: View, isSet: Bool) -> [Action] {
        noteReading(view)
        if settings.mode == .cutOff, isOutOfTouch(now) { fallOut(.outOfTouch, now) }
        if settings.mode >= .behind, isBehind(view, now) { fallOut(.behind, now) }
        if settings.mode >= .behind, view.isStopping { fallOut(.stopping, now) }
        // Somebody set it who knows that this agent was away: systemd, when it ended the one before.
        if isSet, !isFenced, announcedReason == nil { fallOut(.catchingUp, now) }
        if mustCatchUp != nil, isCaughtUp(view, now) {
            mustCatchUp = nil
            if settings.mode != .cutOff, !isDrained { mayBeCountedOut = false }
        }
        return settle(isSet: isSet)
    }

    /// An acknowledgement is in Kafka.
    ///
    /// - Parameters:
    ///   - sentAt: when it was sent, or earlier.
    ///   - version: ``version`` before it was put together.
    mutating func acknowledged(sentAt: ContinuousClock.Instant, version: UInt64, now: ContinuousClock.Instant) {
        // A lease that ran out between two looks has run out.
        if settings.mode == .cutOff, isOutOfTouch(now) { fallOut(.outOfTouch, now) }
        lastSent = max(lastSent ?? sentAt, sentAt)
        if version >= self.version, announcedAt == nil { announcedAt = now }
    }

    /// The brokers have answered.
    mutating func take(_ ends: PartitionEnds) {
        newestEnds = ends
        if unread.map({ $0.isAbove(ends) }) ?? true { unread = ends }
        if let old = target, old.isAbove(ends) { target = nil }
    }

    /// A person takes the caches out of service, or puts them back.
    mutating func hold(_ isHeld: Bool, now: ContinuousClock.Instant) {
        guard isHeld != self.isHeld else { return }
        if !isFenced { fencedSince = now }
        self.isHeld = isHeld
        version += 1
    }

    /// The agent leaves the set.
    ///
    /// The fence file and the marker must be there.
    mutating func drain(now: ContinuousClock.Instant) {
        guard !isDrained else { return }
        if !isFenced { fencedSince = now }
        isDrained = true
        mayBeCountedOut = true
        version += 1
        fallOut(.catchingUp, now)
    }

    /// The agent comes back: it is expected again from now on, and in service once it has caught up.
    mutating func resume(now: ContinuousClock.Instant) {
        guard isDrained else { return }
        isDrained = false
        version += 1
        fallOut(.catchingUp, now)
    }

    // MARK: Rules

    private mutating func settle(isSet: Bool) -> [Action] {
        let reason = reason
        var actions: [Action] = []
        if let reason, !isSet || announcedReason != reason { actions.append(.set(reason)) }
        if reason == nil, isSet { actions.append(.lift) }
        if announcedReason != reason { actions.append(.announce) }
        announcedReason = reason
        return actions
    }

    /// Whatever was proven before counts no more.
    private mutating func fallOut(_ reason: FenceReason, _ now: ContinuousClock.Instant) {
        // Again and again while it lasts; only what has been gained meanwhile is lost.
        if mustCatchUp == nil || announcedAt != nil || target != nil { version += 1 }
        if !isFenced { fencedSince = now }
        mustCatchUp = reason
        announcedAt = nil
        target = nil
    }

    private mutating func noteReading(_ view: View) {
        while let ends = unread, covers(ends, view: view, isPast: { $0.hasRead(to: $1) }) {
            lastRead = max(lastRead ?? ends.askedAt, ends.askedAt)
            unread = newestEnds.flatMap { $0.askedAt > ends.askedAt ? $0 : nil }
        }
    }

    private func isOutOfTouch(_ now: ContinuousClock.Instant) -> Bool {
        guard let lastSent, let lastRead else { return true }
        return min(lastSent, lastRead).duration(to: now) >= settings.lease
    }

    /// Whether a purge has waited for too long: in the queue, or in Kafka, where it may be and was not read.
    private func isBehind(_ view: View, _ now: ContinuousClock.Instant) -> Bool {
        func isLong(_ since: ContinuousClock.Instant?) -> Bool {
            since.map { $0.duration(to: now) > settings.after } ?? false
        }
        // With `cut_off` the lease counts that already, and is shorter.
        return settings.mode == .behind && isLong(unread?.askedAt)
            || view.partitions.values.contains { isLong($0.oldest?.since) || isLong($0.unread?.since) }
    }

    private mutating func isCaughtUp(_ view: View, _ now: ContinuousClock.Instant) -> Bool {
        guard !view.isScanning, !view.isStopping, !isDrained else { return false }
        if settings.mode == .cutOff, isOutOfTouch(now) { return false }
        if settings.mode >= .behind, isBehind(view, now) { return false }
        var earliest = fencedSince
        if mayBeCountedOut {
            guard let announcedAt else { return false }
            earliest = announcedAt + settings.settling
        }
        if target == nil, let newestEnds, newestEnds.askedAt >= earliest { target = newestEnds }
        guard let target else { return false }
        return covers(target, view: view) { $0.hasApplied(to: $1) }
    }

    private func covers(_ ends: PartitionEnds, view: View, isPast: (PartitionReading, Int64) -> Bool) -> Bool {
        !ends.ends.isEmpty
            && ends.ends.allSatisfy { partition, end in view.partitions[partition].map { isPast($0, end) } ?? false }
    }
}
