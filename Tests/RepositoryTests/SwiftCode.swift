/// The code of a Swift file: comments and the text of strings are blanks, what is interpolated into strings stays.
///
/// Line ends stay as well, so that lines keep their numbers. It is a reader for our own sources, not a compiler: it
/// knows nested comments, raw and multi-line strings, and regex literals that begin after `(`, `,`, `:` or `=`.
struct SwiftCode {
    /// One byte for each byte of the source.
    private(set) var bytes: [UInt8]

    init(_ source: String) {
        bytes = Array(source.utf8)
        var position = 0
        while position < bytes.count { readCode(&position) }
    }

    /// The lines of the code.
    var lines: [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Reads one piece: a comment, a literal, or a byte of code.
    private mutating func readCode(_ position: inout Int) {
        switch bytes[position] {
        case UInt8(ascii: "/"):
            switch byte(position + 1) {
            case UInt8(ascii: "/"): blankLine(&position)
            case UInt8(ascii: "*"): blankComment(&position)
            default: readSlash(&position)
            }
        case UInt8(ascii: "\""): readString(&position, hashes: 0)
        case UInt8(ascii: "#"): readHashes(&position)
        default: position += 1
        }
    }

    private func byte(_ position: Int) -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func blank(_ position: inout Int) {
        if position < bytes.count, bytes[position] != UInt8(ascii: "\n") { bytes[position] = UInt8(ascii: " ") }
        position += 1
    }

    private mutating func blankLine(_ position: inout Int) {
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank(&position) }
    }

    private mutating func blankComment(_ position: inout Int) {
        var depth = 0
        repeat {
            let pair = (byte(position), byte(position + 1))
            if pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) { depth += 1 }
            if pair == (UInt8(ascii: "*"), UInt8(ascii: "/")) { depth -= 1 }
            if pair == (UInt8(ascii: "/"), UInt8(ascii: "*")) || pair == (UInt8(ascii: "*"), UInt8(ascii: "/")) {
                blank(&position)
            }
            blank(&position)
        } while depth > 0 && position < bytes.count
    }

    /// A slash is a division, or begins a regex literal.
    private mutating func readSlash(_ position: inout Int) {
        var before = position - 1
        while before >= 0, bytes[before] == UInt8(ascii: " ") { before -= 1 }
        let begins = before >= 0 && "(,:=".utf8.contains(bytes[before])
        guard begins, byte(position + 1) != UInt8(ascii: " ") else {
            position += 1
            return
        }
        blank(&position)
        while position < bytes.count, bytes[position] != UInt8(ascii: "/"), bytes[position] != UInt8(ascii: "\n") {
            if bytes[position] == UInt8(ascii: "\\") { blank(&position) }
            blank(&position)
        }
        blank(&position)
    }

    /// Hash signs begin a raw string, or a directive or macro.
    private mutating func readHashes(_ position: inout Int) {
        var end = position
        while byte(end) == UInt8(ascii: "#") { end += 1 }
        let hashes = end - position
        position = end
        if byte(end) == UInt8(ascii: "\"") { readString(&position, hashes: hashes) }
    }

    /// Blanks a string from its opening quote on; `hashes` stood before it.
    private mutating func readString(_ position: inout Int, hashes: Int) {
        let isLong = byte(position + 1) == UInt8(ascii: "\"") && byte(position + 2) == UInt8(ascii: "\"")
        let quotes = isLong ? 3 : 1
        position += quotes
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\""), ends(position, quotes: quotes, hashes: hashes) {
                position += quotes + hashes
                return
            }
            if bytes[position] == UInt8(ascii: "\\"), hasHashes(position + 1, hashes) {
                let next = position + 1 + hashes
                if byte(next) == UInt8(ascii: "(") {
                    while position <= next { blank(&position) }
                    readInterpolation(&position)
                    continue
                }
                while position < next { blank(&position) }
            }
            if !isLong, byte(position) == UInt8(ascii: "\n") { return }
            blank(&position)
        }
    }

    /// Leaves code as it is until the parenthesis closes that was just read.
    private mutating func readInterpolation(_ position: inout Int) {
        var depth = 1
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "(") { depth += 1 }
            if bytes[position] == UInt8(ascii: ")") { depth -= 1 }
            if depth == 0 {
                blank(&position)
                return
            }
            readCode(&position)
        }
    }

    private func ends(_ position: Int, quotes: Int, hashes: Int) -> Bool {
        for offset in 0..<quotes where byte(position + offset) != UInt8(ascii: "\"") { return false }
        return hasHashes(position + quotes, hashes)
    }

    private func hasHashes(_ position: Int, _ count: Int) -> Bool {
        for offset in 0..<count where byte(position + offset) != UInt8(ascii: "#") { return false }
        return true
    }
}
