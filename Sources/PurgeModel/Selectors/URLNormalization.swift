/// How a cache brings different spellings of one URL to the same bytes before it makes its key.
///
/// The path, per RFC 3986 section 6.2.2: percent-encoded letters, digits and `-._~` are decoded. So are `!'()*`, which
/// RFC 2396 did not reserve: some browsers and libraries encode them, and others do not, of the same address. The other
/// reserved characters stay as they came, encoded or not; every other byte is percent-encoded; hexadecimal digits
/// become upper-case; a `%` that begins no encoding becomes `%25`; dot segments are removed. A target that does not
/// begin with `/` (`*`) keeps its dots.
///
/// The query: what may stand there as it is, is decoded, but for `&`, `=`, `+`, `;` and `#`, which mean something else
/// when they are encoded; every other byte is percent-encoded. Browsers encode quotes, libraries also brackets, slashes
/// and colons, and people paste what they see.
///
/// Normalising twice changes nothing, and the result is at most three times as long.
package enum URLNormalization: String, Sendable, Hashable, Codable, CaseIterable {
    /// As above.
    case rfc3986
    /// As above, after `\` has become `/` and repeated `/` have become one.
    case cloudflare
    /// Bytes stay as they came.
    case none

    /// The normal form of a target (path and query).
    ///
    /// Gives back `target` itself when nothing needs changing.
    package func normalize(_ target: [UInt8]) -> [UInt8] {
        isNormal(target.span) ? target : rewritten(target.span)
    }

    /// As ``normalize(_:)-([UInt8])``; where a copy matters, ask ``isNormal(_:)`` first.
    package func normalize(_ target: Span<UInt8>) -> [UInt8] {
        guard isNormal(target) else { return rewritten(target) }
        var copy: [UInt8] = []
        copy.reserveCapacity(target.count)
        for index in target.indices {
            copy.append(target[index])
        }
        return copy
    }

    /// Whether nothing can need changing.
    ///
    /// A quick look: false only means that it must be looked at closely.
    package func isNormal(_ target: Span<UInt8>) -> Bool {
        guard self != .none else { return true }
        var previous: UInt8 = 0
        for index in target.indices {
            let byte = target[index]
            if byte == UInt8(ascii: "?") {
                return isQueryNormal(target.extracting(index..<target.count))
            }
            // '%' and '\' are among those that may not stand for themselves.
            guard PathBytes.standsForItself(byte) else { return false }
            if previous == UInt8(ascii: "/") {
                if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "/") && self == .cloudflare { return false }
            }
            previous = byte
        }
        return true
    }

    private func isQueryNormal(_ query: Span<UInt8>) -> Bool {
        for index in query.indices {
            let byte = query[index]
            guard PathBytes.standsForItself(byte) else { return false }
        }
        return true
    }

    /// The normal forms of text that begins with a target, whose end nobody knows.
    ///
    /// Whatever target the text begins with, one of them begins with its normal form: a dot segment may belong to the
    /// target, or to what follows it, which then takes nothing back. One more for each dot segment of the path, and
    /// never more than ``formsMax``: so many are too many.
    package func normalize(beginning text: [UInt8]) -> [[UInt8]] {
        isNormal(text.span) ? [text] : forms(of: text.span, max: Self.formsMax)
    }

    /// Normal forms that one text may have, and one more.
    package static let formsMax = 17

    private func rewritten(_ target: Span<UInt8>) -> [UInt8] { forms(of: target, max: 1)[0] }

    private func forms(of target: Span<UInt8>, max: Int) -> [[UInt8]] {
        var writers = [TargetWriter(capacity: target.count + 16, isCloudflare: self == .cloudflare)]
        func keepDots() {
            if writers.count < max, let keeping = writers[0].keepingDots { writers.append(keeping) }
        }
        var index = 0
        while index < target.count, target[index] != UInt8(ascii: "?") {
            let byte = target[index]
            if byte == UInt8(ascii: "%"), let value = percentEncoded(at: index, in: target) {
                for writer in writers.indices { writers[writer].append(decoded: value) }
                index += 3
            } else {
                if writers[0].isSlash(byte) { keepDots() }
                for writer in writers.indices { writers[writer].append(raw: byte) }
                index += 1
            }
        }
        keepDots()
        for writer in writers.indices { writers[writer].endPath() }
        while index < target.count {
            let byte = target[index]
            if byte == UInt8(ascii: "%"), let value = percentEncoded(at: index, in: target) {
                for writer in writers.indices { writers[writer].append(queryDecoded: value) }
                index += 3
            } else {
                for writer in writers.indices { writers[writer].append(query: byte) }
                index += 1
            }
        }
        return writers.map(\.output)
    }

    private func percentEncoded(at index: Int, in target: Span<UInt8>) -> UInt8? {
        guard index + 2 < target.count, let high = HexDigit.value(target[index + 1]),
            let low = HexDigit.value(target[index + 2])
        else { return nil }
        return high << 4 | low
    }
}

/// Writes a normal form byte by byte; dot segments are taken back when they end.
private struct TargetWriter {
    var output: [UInt8] = []
    let isCloudflare: Bool

    /// Where the segment being written began, just after its slash; nil before the first slash.
    private var segmentStart: Int?
    private var keepsDots = false

    init(capacity: Int, isCloudflare: Bool) {
        self.isCloudflare = isCloudflare
        output.reserveCapacity(capacity)
    }

    func isSlash(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || isCloudflare && byte == UInt8(ascii: "\\")
    }

    mutating func append(raw byte: UInt8) {
        if isSlash(byte) {
            appendSlash()
        } else if PathBytes.standsForItself(byte) {
            output.append(byte)
        } else {
            appendEncoded(byte)
        }
    }

    mutating func append(decoded byte: UInt8) {
        if PathBytes.isAlwaysPlain(byte) {
            output.append(byte)
        } else {
            appendEncoded(byte)
        }
    }

    mutating func append(query byte: UInt8) {
        if PathBytes.standsForItself(byte) {
            output.append(byte)
        } else {
            appendEncoded(byte)
        }
    }

    mutating func append(queryDecoded byte: UInt8) {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "#"):
            appendEncoded(byte)
        default: append(query: byte)
        }
    }

    private mutating func appendEncoded(_ byte: UInt8) {
        output.append(UInt8(ascii: "%"))
        output.append(HexDigit.uppercase(byte >> 4))
        output.append(HexDigit.uppercase(byte & 15))
    }

    private mutating func appendSlash() {
        if removeDotSegment() { return }
        if isCloudflare, output.last == UInt8(ascii: "/") { return }
        output.append(UInt8(ascii: "/"))
        // Only a target that begins with a slash has segments to remove.
        if segmentStart != nil || output.count == 1 {
            segmentStart = output.count
        }
    }

    /// Ends the path: a last segment of dots leaves the slash before it.
    mutating func endPath() {
        _ = removeDotSegment()
        segmentStart = nil
    }

    /// The same, where what follows takes nothing back; nil unless a segment of dots may end here.
    var keepingDots: TargetWriter? {
        guard dotSegment != nil else { return nil }
        var keeping = self
        keeping.keepsDots = true
        return keeping
    }

    /// Where the segment being written began, when it is `.` or `..`.
    private var dotSegment: Int? {
        guard !keepsDots, let start = segmentStart else { return nil }
        let length = output.count - start
        guard length == 1 || length == 2, output[start] == UInt8(ascii: "."),
            output[output.count - 1] == UInt8(ascii: ".")
        else { return nil }
        return start
    }

    /// Takes back a segment of `.` or `..` that has just ended; what is left ends with a slash then.
    private mutating func removeDotSegment() -> Bool {
        guard let start = dotSegment else { return false }
        let length = output.count - start
        output.removeLast(length)
        if length == 2, output.count > 1 {
            output.removeLast()
            while output.last != UInt8(ascii: "/") {
                output.removeLast()
            }
        }
        segmentStart = output.count
        return true
    }
}

/// The classes of RFC 3986 section 2 as bit sets: one bit for each ASCII byte, first those below 64.
///
/// Literals, since a table made at run time costs a look at "is it made yet" for every byte.
private enum PathBytes {
    /// Letters, digits, `-._~` and `!'()*`.
    static func isAlwaysPlain(_ byte: UInt8) -> Bool {
        contains(byte, low: 0x03ff_6782_0000_0000, high: 0x47ff_fffe_87ff_fffe)
    }

    /// Unreserved characters and the reserved `:/?#[]@!$&'()*+,;=`: they stay as they are.
    static func standsForItself(_ byte: UInt8) -> Bool {
        contains(byte, low: 0xafff_ffda_0000_0000, high: 0x47ff_fffe_afff_ffff)
    }

    private static func contains(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
        byte < 128 && (byte < 64 ? low : high) >> UInt64(byte & 63) & 1 == 1
    }
}
