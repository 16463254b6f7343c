/// Reads JSON whose strings are plain ASCII, many times faster than a parser.
///
/// Whatever is unusual (escapes, other characters, numbers that may not fit, anything invalid) is left to the parser,
/// which alone decides what is wrong and says so. What is read here is what the parser would have read.
struct PlainJSONReader {
    /// Something that only the parser may judge.
    struct Unusual: Error {}

    /// Numbers of so many digits always fit; longer ones are the parser's.
    private static let digitsMax = 18

    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { index == bytes.count }

    // MARK: Values

    mutating func string() throws(Unusual) -> String {
        String(decoding: try characters(), as: UTF8.self)
    }

    /// What stands between two quotes: plain ASCII.
    mutating func characters() throws(Unusual) -> ArraySlice<UInt8> {
        try expect("\"")
        let start = index
        index = PlainJSON.end(in: bytes, from: start)
        try expect("\"")
        return bytes[start..<index - 1]
    }

    mutating func integer() throws(Unusual) -> Int64 {
        let isNegative = take("-")
        let start = index
        var value: Int64 = 0
        while index < bytes.count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
            guard index - start < Self.digitsMax else { throw Unusual() }
            value = value * 10 + Int64(bytes[index] - UInt8(ascii: "0"))
            index += 1
        }
        // No digits, a leading zero, or minus nothing.
        guard index > start, index == start + 1 ? !(isNegative && value == 0) : bytes[start] != UInt8(ascii: "0") else {
            throw Unusual()
        }
        return isNegative ? -value : value
    }

    // MARK: Values with spaces around them

    /// A list of strings.
    mutating func strings() throws(Unusual) -> [String] {
        try expect("[")
        skipSpaces()
        if take("]") { return [] }
        var strings: [String] = []
        repeat {
            skipSpaces()
            strings.append(try string())
            skipSpaces()
        } while take(",")
        try expect("]")
        return strings
    }

    /// An object: calls `member` for each name, which has to read its value; no name may come twice.
    mutating func object(
        _ member: (_ name: String, inout PlainJSONReader) throws(Unusual) -> Void
    ) throws(Unusual) {
        var names: Set<String> = []
        try expect("{")
        repeat {
            skipSpaces()
            let name = try string()
            guard names.insert(name).inserted else { throw Unusual() }
            skipSpaces()
            try expect(":")
            skipSpaces()
            try member(name, &self)
            skipSpaces()
        } while take(",")
        try expect("}")
    }

    mutating func skipSpaces() {
        while index < bytes.count, Self.isSpace(bytes[index]) { index += 1 }
    }

    // MARK: Text

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.count, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Unusual) {
        guard take(character) else { throw Unusual() }
    }

    mutating func take(_ text: [UInt8]) -> Bool {
        guard bytes.count - index >= text.count else { return false }
        for position in text.indices where bytes[index + position] != text[position] { return false }
        index += text.count
        return true
    }

    mutating func expect(_ text: [UInt8]) throws(Unusual) {
        guard take(text) else { throw Unusual() }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\t")
    }
}
