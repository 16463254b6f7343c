import Crypto
import PurgeModel

/// The name of a cache file: the 32 hex digits that nginx makes of an MD5 (`ngx_http_file_cache_name`).
///
/// The digits are kept in reverse order. nginx names a file's directory by its *last* digits (`levels=1:2` puts `…29c`
/// into `c/29`), so in this order all files of one directory are neighbours in the index, and a directory can be
/// compared with the index by one short scan.
package struct CacheFileName: Hashable, Comparable, Sendable {
    /// The last 16 digits, last digit first, in the most significant bits first.
    let high: UInt64
    /// The first 16 digits, likewise.
    let low: UInt64

    /// Reads a name; nil unless it is exactly 32 lower-case hex digits.
    package init?(_ name: String) {
        var digits = (UInt64(0), UInt64(0))
        var count = 0
        for byte in name.utf8.reversed() {
            guard count < 32, let digit = HexDigit.lowercaseValue(byte).map(UInt64.init) else { return nil }
            if count < 16 {
                digits.0 = digits.0 << 4 | digit
            } else {
                digits.1 = digits.1 << 4 | digit
            }
            count += 1
        }
        guard count == 32 else { return nil }
        (high, low) = digits
    }

    /// The name of the file of a cache key: its MD5 (`ngx_http_file_cache_create_key`).
    ///
    /// A variant has another name (`ngx_http_file_cache_vary`).
    init(ofCacheKey key: [UInt8]) {
        var digits = (UInt64(0), UInt64(0))
        for (index, byte) in Insecure.MD5.hash(data: key).enumerated() {
            // The last byte of each half comes first, and of each byte the low digit.
            let swapped = UInt64(byte >> 4 | byte << 4) << UInt64(8 * (index & 7))
            if index < 8 { digits.1 |= swapped } else { digits.0 |= swapped }
        }
        (high, low) = digits
    }

    /// The order of the keys in the index.
    package static func < (left: CacheFileName, right: CacheFileName) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Takes the digits in the order in which they are kept.
    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The name as nginx writes it.
    package var text: String {
        String(asciiCount: 32) { self.character(31 - $0) }
    }

    /// The path below the cache directory, for example `c/29/b7f54b2df7773722d382f4809d65029c`.
    package func path(levels: DirectoryLevels) -> String {
        var path: [UInt8] = []
        path.reserveCapacity(40)
        appendDirectory(levels, to: &path)
        for position in (0..<32).reversed() { path.append(character(position)) }
        return String(decoding: path, as: UTF8.self)
    }

    /// The directory below the cache directory, for example `c/29`.
    func directory(levels: DirectoryLevels) -> String {
        var path: [UInt8] = []
        appendDirectory(levels, to: &path)
        return String(decoding: path.dropLast(), as: UTF8.self)
    }

    /// Appends the directory and a slash; nothing where there are no levels.
    private func appendDirectory(_ levels: DirectoryLevels, to path: inout [UInt8]) {
        var end = 0
        for width in levels.widths {
            for position in (end..<end + width).reversed() { path.append(character(position)) }
            path.append(UInt8(ascii: "/"))
            end += width
        }
    }

    /// Whether nginx, with these levels, would keep this file in that directory (`c/29`).
    ///
    /// Asked for every file and every change, so it makes no path to compare.
    package func belongs(in directory: String, levels: DirectoryLevels) -> Bool {
        var rest = directory.utf8[...]
        var end = 0
        for width in levels.widths {
            if end > 0, rest.popFirst() != UInt8(ascii: "/") { return false }
            for position in (end..<end + width).reversed() {
                guard rest.popFirst() == character(position) else { return false }
            }
            end += width
        }
        return rest.isEmpty
    }

    /// The keys of the files whose names nginx would put into a directory (`c/29`) or below it, and no others.
    static func keys(of cache: UInt8, below directory: String) -> KeyRange {
        var digits: [UInt8] = []
        for part in directory.split(separator: "/") {
            digits += part.utf8.reversed().map { $0 < 0x3a ? $0 - 0x30 : $0 - 0x57 }
        }
        let isOdd = digits.count % 2 == 1
        var lower = [cache]
        for start in stride(from: 0, to: digits.count, by: 2) {
            lower.append(digits[start] << 4 | (start + 1 < digits.count ? digits[start + 1] : 0))
        }
        guard isOdd, var upper = Optional(lower), let last = upper.popLast() else {
            return KeyRange(lower: lower, upper: lower.prefixEnd)
        }
        // Half a byte is fixed: the range ends at its next value.
        guard last < 0xf0 else { return KeyRange(lower: lower, upper: upper.prefixEnd) }
        upper.append(last + 0x10)
        return KeyRange(lower: lower, upper: upper)
    }

    /// The digit that is `position` places from the end, as a character.
    private func character(_ position: Int) -> UInt8 {
        let word = position < 16 ? high : low
        let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (position & 15))) & 15
        return HexDigit.lowercase(value)
    }
}

extension String {
    /// Builds an ASCII string of a known length, character by character.
    fileprivate init(asciiCount count: Int, _ character: (Int) -> UInt8) {
        self.init(decoding: (0..<count).map(character), as: UTF8.self)
    }
}
