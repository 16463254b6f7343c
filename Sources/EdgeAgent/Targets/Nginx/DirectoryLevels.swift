import PurgeModel

/// The `levels` parameter of `proxy_cache_path`: how many digits name each directory on the way to a file.
///
/// nginx allows up to three levels of one or two digits (`ngx_http_file_cache_set_slot`). The agent does not ask for
/// it: it is read off the directory in which a file is found.
package struct DirectoryLevels: Hashable, Sendable {
    /// Two bits a level, the first level in the lowest bits.
    let rawValue: UInt8

    /// No directories: all files lie directly in the cache directory.
    static let none = DirectoryLevels(rawValue: 0)

    /// All that nginx takes: up to three levels, each of one or two digits.
    static let all: [DirectoryLevels] = (0..<64).filter { raw in
        let widths = (0..<3).map { raw >> (2 * $0) & 3 }
        return widths.allSatisfy { $0 < 3 } && zip(widths, widths.dropFirst()).allSatisfy { $0 > 0 || $1 == 0 }
    }.map { DirectoryLevels(rawValue: $0) }

    /// Takes the form kept in the index.
    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reads the levels off a directory such as `c/29`; nil if nginx would not make such a directory.
    package init?(directory: String) {
        var raw: UInt8 = 0
        var level = 0
        if !directory.isEmpty {
            for part in directory.split(separator: "/", omittingEmptySubsequences: false) {
                guard level < 3, (1...2).contains(part.utf8.count), HexText.isLowercase(part, digits: part.utf8.count)
                else {
                    return nil
                }
                raw |= UInt8(part.utf8.count) << UInt8(2 * level)
                level += 1
            }
        }
        rawValue = raw
    }

    /// Digits of each level, outermost first; each 1 or 2.
    var widths: some Sequence<Int> {
        (0..<3).lazy.map { Int(self.rawValue >> UInt8(2 * $0)) & 3 }.prefix { $0 > 0 }
    }

    /// Whether nginx could have made a directory of this name.
    static func isLevelName(_ name: String) -> Bool {
        (1...2).contains(name.utf8.count) && HexText.isLowercase(name, digits: name.utf8.count)
    }
}
