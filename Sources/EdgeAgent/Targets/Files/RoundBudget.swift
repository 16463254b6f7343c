/// What one round of purges may handle, shared among the zones that have purges, and within a zone among these.
///
/// Counted in objects; four looks into the index that find nothing cost less than one.
struct RoundBudget {
    private var left: Int
    /// What one zone may have of it.
    private let share: Int
    /// Purges of each zone.
    private let purges: [String: Int]
    private var used: [String: Int] = [:]

    /// Objects of one purge handled at once, at most, and in any case of the first one of a zone: most purges are
    /// through with so many, and wait for nobody.
    private static let pieceMax = 1024
    private static let pieceMin = 16
    static let looksPerObject = 4

    /// - Parameter purges: how many each zone has.
    init(objects: Int, purges: [String: Int]) {
        left = objects
        share = max(Self.pieceMin, objects / max(1, purges.count))
        self.purges = purges
    }

    /// How many objects the next purge of a zone may handle.
    func room(_ zone: String) -> Int {
        let piece = min(Self.pieceMax, max(Self.pieceMin, share / max(1, purges[zone] ?? 1)))
        guard let used = used[zone] else { return max(Self.pieceMin, min(left, piece)) }
        return max(0, min(left, share - used, piece))
    }

    /// Takes note of what a purge has handled.
    mutating func use(objects: Int, looks: Int, of zone: String) {
        let count = max(1, objects, looks / Self.looksPerObject)
        used[zone, default: 0] += count
        left -= count
    }
}
