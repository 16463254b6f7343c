import PurgeModel

/// Paths as nginx keeps them in `$uri` (`ngx_http_parse_complex_uri`).
enum DecodedPath {
    /// The `$uri` of a path that a visitor sends: percent-encodings decoded, repeated slashes merged, dot segments
    /// removed.
    ///
    /// A `%` that begins no encoding stays: nginx answers 400 to it, and stores nothing.
    static func of(_ path: ArraySlice<UInt8>) -> [UInt8] { withoutDots(merged(decoded(path)[...])) }

    private static func decoded(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(path.count)
        var index = path.startIndex
        while index < path.endIndex {
            if path[index] == UInt8(ascii: "%"), index + 2 < path.endIndex, let high = HexDigit.value(path[index + 1]),
                let low = HexDigit.value(path[index + 2])
            {
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(path[index])
                index += 1
            }
        }
        return decoded
    }

    /// A path with repeated slashes made one (`merge_slashes`, which is on by default).
    static func merged(_ path: ArraySlice<UInt8>) -> [UInt8] {
        var merged: [UInt8] = []
        merged.reserveCapacity(path.count)
        for byte in path where byte != UInt8(ascii: "/") || merged.last != byte { merged.append(byte) }
        return merged
    }

    /// Text of which nobody can tell where path and query end, so that all ways to write it are written alike.
    ///
    /// What a text begins with is, written so, what the written text begins with.
    static func folded(_ text: ArraySlice<UInt8>) -> [UInt8] { encoded(merged(decoded(text)[...])[...]) }

    private static func withoutDots(_ path: [UInt8]) -> [UInt8] {
        guard path.first == UInt8(ascii: "/"), path.contains(UInt8(ascii: ".")) else { return path }
        var kept: [ArraySlice<UInt8>] = []
        let segments = path.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for (position, segment) in segments.enumerated() {
            let isLast = position == segments.count - 1
            switch segment {
            case [UInt8(ascii: ".")]: if isLast { kept.append([]) }
            case [UInt8(ascii: "."), UInt8(ascii: ".")]:
                _ = kept.popLast()
                if isLast { kept.append([]) }
            default: kept.append(segment)
            }
        }
        return kept.reduce(into: []) { $0 += [UInt8(ascii: "/")] + $1 }
    }

    /// Writes a decoded path so that no two paths are written alike, and a query can follow: what may not stand in a
    /// path as it is, `%` and `?` too, is percent-encoded.
    static func encoded(_ path: ArraySlice<UInt8>) -> [UInt8] {
        guard !path.allSatisfy(standsForItself) else { return Array(path) }
        var encoded: [UInt8] = []
        encoded.reserveCapacity(path.count + 16)
        for byte in path {
            if standsForItself(byte) {
                encoded.append(byte)
            } else {
                encoded += [UInt8(ascii: "%"), HexDigit.uppercase(byte >> 4), HexDigit.uppercase(byte & 15)]
            }
        }
        return encoded
    }

    /// `pchar` of RFC 3986 without the percent sign, and the slash.
    private static func standsForItself(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3b, 0x40...0x5a, 0x61...0x7a, 0x21, 0x24, 0x26...0x2f, 0x3d, 0x5f, 0x7e: true
        default: false
        }
    }
}
