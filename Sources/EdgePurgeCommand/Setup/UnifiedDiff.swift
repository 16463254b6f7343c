/// What differs between two texts, as `diff -u` and `patch` have it.
enum UnifiedDiff {
    /// Lines around each difference.
    private static let context = 3

    /// One line of both texts together.
    private enum Line {
        case kept(Substring), removed(Substring), added(Substring)
    }

    /// - Parameters:
    ///   - old: nil: there was no file.
    ///   - path: the name of the file.
    /// - Returns: empty where nothing differs.
    static func text(_ old: String?, _ new: String, path: String) -> String {
        guard old != new else { return "" }
        return
            (["--- \(old == nil ? "/dev/null" : path)", "+++ \(path)"]
            + hunks(merged(lines(old ?? ""), lines(new))).joined()).joined(separator: "\n")
    }

    private static func lines(_ text: String) -> [Substring] {
        // Not by characters: "\r\n" is one of those.
        var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(Substring.init)
        if let last = lines.popLast(), !last.isEmpty { lines.append(last + "\n\\ No newline at end of file") }
        return lines
    }

    private static func merged(_ old: [Substring], _ new: [Substring]) -> [Line] {
        let difference = new.difference(from: old)
        var removed: Set<Int> = []
        var added: Set<Int> = []
        for change in difference {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var result: [Line] = []
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if removed.contains(before) {
                result.append(.removed(old[before]))
                before += 1
            } else if added.contains(after) {
                result.append(.added(new[after]))
                after += 1
            } else if before < old.count {
                result.append(.kept(old[before]))
                before += 1
                after += 1
            } else {
                break
            }
        }
        return result
    }

    private static func hunks(_ lines: [Line]) -> [[String]] {
        let changed = lines.indices.filter { index in
            if case .kept = lines[index] { false } else { true }
        }
        var ranges: [Range<Int>] = []
        for index in changed {
            let range = max(0, index - context)..<min(lines.count, index + context + 1)
            if let last = ranges.last, last.upperBound >= range.lowerBound {
                ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
            } else {
                ranges.append(range)
            }
        }
        return ranges.map { range in
            let start = counts(lines[..<range.lowerBound])
            let own = counts(lines[range])
            // An empty side is told by the line before it.
            let (old, new) = (start.old + (own.old > 0 ? 1 : 0), start.new + (own.new > 0 ? 1 : 0))
            return ["@@ -\(old),\(own.old) +\(new),\(own.new) @@"]
                + lines[range].map { line in
                    switch line {
                    case .kept(let text): " " + text
                    case .removed(let text): "-" + text
                    case .added(let text): "+" + text
                    }
                }
        }
    }

    private static func counts(_ lines: ArraySlice<Line>) -> (old: Int, new: Int) {
        var counts = (old: 0, new: 0)
        for line in lines {
            switch line {
            case .kept: counts = (counts.old + 1, counts.new + 1)
            case .removed: counts.old += 1
            case .added: counts.new += 1
            }
        }
        return counts
    }
}
