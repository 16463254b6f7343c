import FoundationEssentials

/// What a server answered.
struct HTTPAnswer: Sendable {
    /// The status code.
    var status: Int
    /// Header fields, names in lower case; the last one of a name wins.
    var headers: [String: String]
    /// The whole body.
    var body: Data

    /// Whether the status is 2xx.
    var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as one line of text without control characters, for error messages; at most 300 characters.
    var excerpt: String {
        TextTable.printable(String(String(decoding: body.prefix(1200), as: UTF8.self).prefix(300)))
    }

    /// The body without surrounding white space.
    var text: String {
        var text = Substring(String(decoding: body, as: UTF8.self))
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The body read as JSON.
    ///
    /// - Throws: `CommandFailure` that shows the beginning of the body.
    func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws(CommandFailure) -> Value {
        do {
            return try JSONDecoder().decode(Value.self, from: body)
        } catch {
            throw CommandFailure("the answer (status \(status)) is not what this program understands: \(excerpt)")
        }
    }
}
