/// How much each of many has of something of which there is only so much, so that none takes it all.
///
/// One may have as much as is left free for everybody else ("dynamic thresholds", Choudhury and Hahne, 1998): alone it
/// gets half, two get a third each, and whoever has little finds room as long as there is any.
struct FairShares: Sendable {
    /// How much there is.
    let max: Int
    /// How much of it is taken.
    private(set) var total = 0
    private var counts: [String: Int] = [:]

    init(max: Int) { self.max = max }

    /// How much one has.
    func count(_ owner: String) -> Int { counts[owner] ?? 0 }

    /// How much more one may take.
    func room(of owner: String) -> Int { Swift.max(0, (max - total - count(owner)) / 2) }

    /// Takes note that one took something, whether there was room for it or not.
    mutating func take(_ count: Int, for owner: String) {
        guard count > 0 else { return }
        counts[owner, default: 0] += count
        total += count
    }

    /// Takes note that one gave back what it had taken.
    mutating func giveBack(_ count: Int, of owner: String) {
        guard count > 0, let known = counts[owner] else { return }
        total -= min(count, known)
        counts[owner] = known > count ? known - count : nil
    }
}
