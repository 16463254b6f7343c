/// Finds what somebody probably meant to write.
enum NearestName {
    /// The candidate nearest to `name`, when one is near enough to be worth naming: at most a third of it differs, or
    /// its last part is the same (a key written in the wrong section).
    static func nearest(to name: String, among candidates: some Collection<String>) -> String? {
        let limit = max(2, name.count / 3)
        let ranked = candidates.map { (candidate: $0, distance: distance(name, $0)) }
            .min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
        if let ranked, ranked.distance <= limit { return ranked.candidate }
        let last = lastPart(name)
        return candidates.filter { lastPart($0) == last }.min()
    }

    private static func lastPart(_ name: String) -> Substring {
        name[(name.lastIndex(of: ".").map { name.index(after: $0) } ?? name.startIndex)...]
    }

    /// How many letters have to be inserted, left out, replaced or swapped with their neighbour to make one of the
    /// other (optimal string alignment distance).
    static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first.unicodeScalars.prefix(200))
        let second = Array(second.unicodeScalars.prefix(200))
        if first.isEmpty || second.isEmpty { return max(first.count, second.count) }
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 1...first.count {
            var current = [row] + Array(repeating: 0, count: second.count)
            for column in 1...second.count {
                let isSame = first[row - 1] == second[column - 1]
                var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, first[row - 1] == second[column - 2], first[row - 2] == second[column - 1] {
                    best = min(best, beforeLast[column - 2] + 1)
                }
                current[column] = best
            }
            beforeLast = last
            last = current
        }
        return last[second.count]
    }
}
