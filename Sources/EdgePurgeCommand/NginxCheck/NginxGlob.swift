/// Names of files with `*`, `?` and `[…]`, as `include` has them (glob(3)): none of these stands for a slash.
enum NginxGlob {
    /// Whether a name is one of those that a pattern stands for.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
        var (at, inPattern) = (0, 0)
        // Where the last star stood, and up to where it stands for the name.
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if inPattern < pattern.count, pattern[inPattern] == UInt8(ascii: "*") {
                star = (inPattern, at)
                inPattern += 1
            } else if let next = step(name[at], pattern, inPattern) {
                at += 1
                inPattern = next
            } else if let last = star, name[last.name] != UInt8(ascii: "/") {
                star = (last.pattern, last.name + 1)
                at = last.name + 1
                inPattern = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on behind the part that stands for this byte; nil when it does not.
    private static func step(_ byte: UInt8, _ pattern: [UInt8], _ start: Int) -> Int? {
        guard start < pattern.count else { return nil }
        switch pattern[start] {
        case UInt8(ascii: "?"):
            return byte == UInt8(ascii: "/") ? nil : start + 1
        case UInt8(ascii: "["):
            guard let end = pattern[start...].dropFirst(2).firstIndex(of: UInt8(ascii: "]")) else { break }
            var set = pattern[(start + 1)..<end]
            let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
            if isNegated { set.removeFirst() }
            return byte != UInt8(ascii: "/") && contains(Array(set), byte) != isNegated ? end + 1 : nil
        default:
            break
        }
        return pattern[start] == byte ? start + 1 : nil
    }

    private static func contains(_ set: [UInt8], _ byte: UInt8) -> Bool {
        var index = 0
        while index < set.count {
            if index + 2 < set.count, set[index + 1] == UInt8(ascii: "-") {
                if set[index] <= byte, byte <= set[index + 2] { return true }
                index += 3
            } else {
                if set[index] == byte { return true }
                index += 1
            }
        }
        return false
    }
}
