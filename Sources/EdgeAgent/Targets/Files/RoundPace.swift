/// How many objects a round of purges handles: so many that it is over soon, however slow the disk is, for a new purge
/// waits for the round before it.
struct RoundPace {
    /// About this many in the next round.
    private(set) var objects = most

    private static let most = 4096
    private static let least = 64
    /// How long a round should take at most.
    private static let target = Duration.milliseconds(15)

    /// Takes note of how long a round took.
    mutating func took(_ time: Duration) {
        if time > Self.target {
            objects = max(Self.least, objects / 2)
        } else if time < Self.target / 2 {
            objects = min(Self.most, objects * 2)
        }
    }
}
