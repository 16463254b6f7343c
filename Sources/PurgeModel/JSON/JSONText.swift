import FoundationEssentials

/// A look at JSON text before the library parses it: one pass, for what the library accepts and we do not.
///
/// `JSONDecoder` also reads UTF-16 and UTF-32, allows 512 levels of nesting, and of two fields with one name takes one
/// without a word. For a purge each of these would be a guess about what was meant.
struct JSONText {
    enum Fault: Error, Hashable {
        case notUTF8
        case tooDeep
        case invalid(String)
        case duplicateField(String)
    }

    /// Field names are compared this deep; the fields that mean something to us are all above it.
    private static let comparedDepth = 4
    /// Bytes that are looked at at once.
    private static let piece = 32

    private let bytes: [UInt8]
    private var depth = 0
    /// Bit n is set when level n is an object.
    private var objects: UInt64 = 0
    private var isNameNext = false
    private var names: [Set<ArraySlice<UInt8>>] = Array(repeating: [], count: comparedDepth + 1)

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The text without a byte order mark, when the library may parse it.
    static func checked(_ bytes: [UInt8]) throws(Fault) -> Data {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        var text = JSONText(bytes: bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes)
        do {
            _ = try UTF8Span(validating: text.bytes.span)
        } catch {
            throw .notUTF8
        }
        try text.check()
        return Data(text.bytes)
    }

    private mutating func check() throws(Fault) {
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index = try string(from: index + 1)
            case UInt8(ascii: "{"):
                try open(isObject: true)
            case UInt8(ascii: "["):
                try open(isObject: false)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard depth > 0 else { throw .invalid("a bracket closes that was never opened") }
                depth -= 1
                isNameNext = false
            case UInt8(ascii: ","):
                isNameNext = objects >> UInt64(depth) & 1 == 1
            case UInt8(ascii: ":"):
                isNameNext = false
            case UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                break
            case 0..<0x20:
                throw .invalid("a control character stands at byte \(index)")
            default:
                break
            }
            index += 1
        }
    }

    private mutating func open(isObject: Bool) throws(Fault) {
        depth += 1
        guard depth <= Limits.jsonDepthMax else { throw .tooDeep }
        let bit: UInt64 = 1 << UInt64(depth)
        objects = isObject ? objects | bit : objects & ~bit
        isNameNext = isObject
        if isObject, depth <= Self.comparedDepth {
            names[depth].removeAll(keepingCapacity: true)
        }
    }

    /// Passes over a string and returns where its closing quote is.
    private mutating func string(from start: Int) throws(Fault) -> Int {
        var index = plainEnd(from: start)
        var hasEscape = false
        while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
            if bytes[index] == UInt8(ascii: "\\") {
                hasEscape = true
                index += 1
            } else if bytes[index] < 0x20 {
                throw .invalid("a control character stands in a string at byte \(index)")
            }
            index += 1
        }
        guard index < bytes.count else { throw .invalid("a string does not end") }
        if isNameNext {
            isNameNext = false
            if depth <= Self.comparedDepth {
                try add(name: bytes[start..<index], hasEscape: hasEscape)
            }
        }
        return index
    }

    /// Passes over what means nothing in a string, in pieces that the compiler looks at as a whole; the end may follow.
    private func plainEnd(from start: Int) -> Int {
        var index = start
        // A slice without an early end, and one expression for a byte: only so the compiler does that.
        while index + Self.piece <= bytes.count {
            var special: UInt8 = 0
            for byte in bytes[index..<index + Self.piece] {
                special |=
                    (byte == UInt8(ascii: "\"") ? 1 : 0) | (byte == UInt8(ascii: "\\") ? 1 : 0) | (byte < 0x20 ? 1 : 0)
            }
            guard special == 0 else { break }
            index += Self.piece
        }
        return index
    }

    private mutating func add(name: ArraySlice<UInt8>, hasEscape: Bool) throws(Fault) {
        var name = name
        if hasEscape {
            let quote = [UInt8(ascii: "\"")]
            guard let plain = try? JSONDecoder().decode(String.self, from: Data(quote + name + quote)) else {
                throw .invalid("a field name has an escape that means nothing")
            }
            name = Array(plain.utf8)[...]
        }
        guard names[depth].insert(name).inserted else {
            throw .duplicateField(String(decoding: name, as: UTF8.self))
        }
    }
}
