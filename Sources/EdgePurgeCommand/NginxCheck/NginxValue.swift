/// A value with variables, such as a cache key, as nginx reads it: `$name` and `${name}` are the same.
struct NginxValue: Hashable, Sendable {
    /// A piece of it.
    enum Part: Hashable, Sendable {
        case text(String)
        case variable(String)
    }

    /// Its pieces; two texts never follow each other.
    let parts: [Part]

    /// Reads any text; a `$` that begins no name stands for itself.
    init(_ text: String) {
        var parts: [Part] = []
        var plain: [UInt8] = []
        let bytes = Array(text.utf8)
        var position = 0
        while position < bytes.count {
            let start = position
            position += 1
            guard bytes[start] == UInt8(ascii: "$") else {
                plain.append(bytes[start])
                continue
            }
            let isBraced = position < bytes.count && bytes[position] == UInt8(ascii: "{")
            let nameStart = isBraced ? position + 1 : position
            let nameEnd = bytes[min(nameStart, bytes.count)...].firstIndex { !Self.isName($0) } ?? bytes.count
            let isClosed = !isBraced || (nameEnd < bytes.count && bytes[nameEnd] == UInt8(ascii: "}"))
            guard nameEnd > nameStart, isClosed else {
                plain.append(bytes[start])
                continue
            }
            if !plain.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
            plain = []
            parts.append(.variable(String(decoding: bytes[nameStart..<nameEnd], as: UTF8.self)))
            position = isBraced ? nameEnd + 1 : nameEnd
        }
        if !plain.isEmpty { parts.append(.text(String(decoding: plain, as: UTF8.self))) }
        self.parts = parts
    }

    private init(parts: [Part]) { self.parts = parts }

    /// The names of its variables.
    var variables: Set<String> {
        Set(
            parts.compactMap { part in
                if case .variable(let name) = part { name } else { nil }
            })
    }

    /// Without `$slice_range` at its end, which is empty where nothing is sliced.
    var withoutSlice: NginxValue {
        parts.last == .variable("slice_range") ? NginxValue(parts: Array(parts.dropLast())) : self
    }

    /// Whether it is the same key as another one, but for the slice at its end.
    func isSame(_ other: String) -> Bool { withoutSlice == NginxValue(other).withoutSlice }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}
