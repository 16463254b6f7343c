/// The type names that stand in a Swift file: what it declares, and what it uses.
struct SwiftNames {
    /// A type that is declared outside of all braces.
    struct Declaration: Hashable {
        let name: String
        /// Whether nothing outside of the file can see it.
        let isPrivate: Bool
    }

    /// In the order in which they stand there.
    private(set) var declarations: [Declaration] = []
    /// Names of types declared within others; in this file they hide types of the same name elsewhere.
    private(set) var nested: Set<String> = []
    /// Every capitalised name that is no member of something else (`Outer.Inner` uses `Outer`).
    private(set) var used: Set<String> = []

    private static let keywords: Set<String> = ["class", "struct", "enum", "protocol", "actor", "typealias"]
    /// How the words begin that matter beside names: keywords, `private`, `fileprivate`.
    private static let beginnings = Array("acefpst".utf8)

    init(_ code: SwiftCode) {
        var depth = 0
        var position = 0
        var isPrivate = false
        var isDeclaration = false
        let bytes = code.bytes
        while position < bytes.count {
            let byte = bytes[position]
            guard Self.isLetter(byte) else {
                if byte == UInt8(ascii: "{") { depth += 1 }
                if byte == UInt8(ascii: "}") { depth -= 1 }
                if byte == UInt8(ascii: "\n") { isPrivate = false }
                position += 1
                continue
            }
            let start = position
            while position < bytes.count, Self.isLetter(bytes[position]) || Self.isDigit(bytes[position]) {
                position += 1
            }
            let isName = Self.isUpper(byte)
            guard isName || Self.beginnings.contains(byte) else {
                isDeclaration = false
                continue
            }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            if isDeclaration, isName {
                declare(word, depth: depth, isPrivate: isPrivate)
            } else if isName, start == 0 || bytes[start - 1] != UInt8(ascii: ".") {
                used.insert(word)
            } else if word == "private" || word == "fileprivate" {
                isPrivate = true
            }
            isDeclaration = Self.keywords.contains(word)
        }
    }

    /// What other files can see.
    var visible: [String] { declarations.filter { !$0.isPrivate }.map(\.name) }

    private mutating func declare(_ name: String, depth: Int, isPrivate: Bool) {
        if depth > 0 {
            nested.insert(name)
        } else {
            declarations.append(Declaration(name: name, isPrivate: isPrivate))
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || isUpper(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }

    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
