/// Reads the text of one nginx configuration file, by the rules of ngx_conf_read_token.
///
/// Tolerant: nginx itself says what is wrong with a file. Whatever the text, this gives what can be made of it.
struct NginxParser {
    private enum Token {
        case word(String), open, close, end
    }

    private let bytes: [UInt8]
    private let file: String
    private var position = 0
    private var line = 1
    /// Where the last token begins.
    private var tokenStart = 0

    /// Deeper blocks are left out; nobody nests as many, and each is a step of recursion for whoever walks the tree.
    static let depthMax = 64

    private init(_ text: String, file: String) {
        bytes = Array(text.utf8)
        self.file = file
    }

    /// The directives of a file, outermost first.
    ///
    /// - Parameter file: its name, for places.
    static func parse(_ text: String, file: String) -> [NginxDirective] {
        var parser = NginxParser(text, file: file)
        return parser.parse()
    }

    private mutating func parse() -> [NginxDirective] {
        var top: [NginxDirective] = []
        var open: [NginxDirective] = []
        var tooDeep = 0
        var words: [String] = []
        var start = (line: line, byte: 0)
        func add(_ directive: NginxDirective) {
            if open.isEmpty { top.append(directive) } else { open[open.count - 1].block.append(directive) }
        }
        while let token = next() {
            switch token {
            case .word(let word):
                if words.isEmpty { start = (line, tokenStart) }
                words.append(word)
                continue
            case .end:
                if let directive = directive(words, start), tooDeep == 0 { add(directive) }
            case .open:
                var directive =
                    directive(words, start)
                    ?? NginxDirective(
                        name: "", arguments: [], block: [], place: .init(file: file, line: line))
                directive.place.inside = position..<position
                if directive.name.hasSuffix("_by_lua_block") {
                    skipLua()
                    directive.place.bytes = start.byte..<position
                    if tooDeep == 0 { add(directive) }
                } else if tooDeep > 0 || open.count == Self.depthMax {
                    tooDeep += 1
                } else {
                    open.append(directive)
                }
            case .close:
                if tooDeep > 0 {
                    tooDeep -= 1
                } else if var last = open.popLast() {
                    last.place.bytes = last.place.bytes.lowerBound..<position
                    last.place.inside = last.place.inside.map { $0.lowerBound..<tokenStart }
                    add(last)
                }
            }
            words = []
        }
        while let last = open.popLast() { add(last) }
        return top
    }

    private func directive(_ words: [String], _ start: (line: Int, byte: Int)) -> NginxDirective? {
        guard let name = words.first else { return nil }
        return NginxDirective(
            name: name, arguments: Array(words.dropFirst()), block: [],
            place: .init(file: file, line: start.line, bytes: start.byte..<position))
    }

    // MARK: Words

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        if current == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private mutating func next() -> Token? {
        while let byte = current {
            if byte == UInt8(ascii: "#") {
                // A comment, since a word would have begun before it.
                while let byte = current, byte != UInt8(ascii: "\n") { advance() }
            } else if Self.isSpace(byte) {
                advance()
            } else {
                break
            }
        }
        guard let byte = current else { return nil }
        tokenStart = position
        switch byte {
        case UInt8(ascii: ";"):
            advance()
            return .end
        case UInt8(ascii: "{"):
            advance()
            return .open
        case UInt8(ascii: "}"):
            advance()
            return .close
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            advance()
            return .word(quoted(byte))
        default:
            return .word(plain())
        }
    }

    private mutating func quoted(_ quote: UInt8) -> String {
        var word: [UInt8] = []
        while let byte = current, byte != quote { take(byte, &word) }
        advance()
        return String(decoding: word, as: UTF8.self)
    }

    private mutating func plain() -> String {
        var word: [UInt8] = []
        while let byte = current, !Self.isSpace(byte), byte != UInt8(ascii: ";") {
            // The brace of ${name} belongs to the word.
            if byte == UInt8(ascii: "{"), word.last != UInt8(ascii: "$") { break }
            take(byte, &word)
        }
        return String(decoding: word, as: UTF8.self)
    }

    /// Takes one character of a word, as nginx copies it: `\"`, `\'` and `\\` stand for the second one, `\t`, `\r` and
    /// `\n` for the control character; any other backslash stays.
    private mutating func take(_ byte: UInt8, _ word: inout [UInt8]) {
        advance()
        guard byte == UInt8(ascii: "\\"), let escaped = current else { return word.append(byte) }
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): word.append(escaped)
        case UInt8(ascii: "t"): word.append(0x09)
        case UInt8(ascii: "r"): word.append(0x0D)
        case UInt8(ascii: "n"): word.append(0x0A)
        default: word += [byte, escaped]
        }
        advance()
    }

    /// Skips the Lua code of a block, to the brace that ends it: strings and comments may hold braces too.
    private mutating func skipLua() {
        var depth = 1
        while let byte = current, depth > 0 {
            advance()
            switch byte {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = quoted(byte)
            case UInt8(ascii: "["): skipLongBracket()
            case UInt8(ascii: "-") where current == UInt8(ascii: "-"):
                advance()
                if current == UInt8(ascii: "[") {
                    advance()
                    if skipLongBracket() { break }
                }
                while let byte = current, byte != UInt8(ascii: "\n") { advance() }
            default: break
            }
        }
    }

    /// Behind a `[` of Lua: skips what stands between `[[` and `]]`, or `[=[` and `]=]`, which has no escapes; false
    /// where that does not begin here.
    @discardableResult
    private mutating func skipLongBracket() -> Bool {
        let signs = bytes[position...].prefix { $0 == UInt8(ascii: "=") }.count
        guard position + signs < bytes.count, bytes[position + signs] == UInt8(ascii: "[") else { return false }
        let end = [UInt8(ascii: "]")] + Array(repeating: UInt8(ascii: "="), count: signs) + [UInt8(ascii: "]")]
        while position < bytes.count, !bytes[position...].starts(with: end) { advance() }
        for _ in end where position < bytes.count { advance() }
        return true
    }
}
