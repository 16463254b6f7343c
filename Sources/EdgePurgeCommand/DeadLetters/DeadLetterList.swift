import FoundationEssentials
import Kafka
import PurgeModel

/// Dead letters as scripts and people see them.
struct DeadLetterList: Encodable {
    /// One of them.
    struct Letter: Encodable {
        /// A header it came with; a value that is no UTF-8 is given as Base64.
        struct Header: Encodable {
            var name: String
            var value: String?
            var valueBase64: String?
        }

        /// Where it stood in the topic of purges.
        var partition: Int32
        var offset: Int64
        /// Why it is no purge: a code, and words.
        var reason: String
        var message: String
        /// Who put it aside.
        var agents: [String]
        /// When, RFC 3339.
        var at: String?
        /// Whether this version of the program understands it.
        var understoodNow: Bool
        var key: String?
        var keyBase64: String?
        var value: String?
        var valueBase64: String?
        /// How many bytes its value, headers and key had, where there was no room for them.
        var lostValueBytes: Int?
        var lostHeadersBytes: Int?
        var lostKeyBytes: Int?
        /// Messages from this offset on that this letter stands for, where there was room for no more.
        var lostMessages: Int?
        var headers: [Header]

        /// What of it is not there, in a word or two; nil when all of it is.
        fileprivate var cut: String? {
            if let lostMessages { return "\(lostMessages) messages" }
            let parts = [("value", lostValueBytes), ("headers", lostHeadersBytes), ("key", lostKeyBytes)]
                .filter { $0.1 != nil }.map(\.0)
            return parts.isEmpty ? nil : "without \(parts.joined(separator: ", "))"
        }
    }

    /// By where they stood.
    var deadLetters: [Letter]
    /// Older ones that there was no room for.
    var leftOut: Int

    /// Longer reasons are cut in the table.
    private static let messageMax = 100

    /// Describes what was read.
    init(_ shelf: DeadLetterShelf) {
        deadLetters = shelf.sorted.map(Letter.init)
        leftOut = shelf.leftOut
    }

    /// The JSON, on one line.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// The table.
    func table() -> String {
        var table = TextTable([
            .left("AT"), .left("WHEN"), .left("REASON"), .right("AGENTS"), .left("KEY"), .left("MESSAGE"),
        ])
        for letter in deadLetters {
            let message = (letter.cut.map { "[\($0)] " } ?? "") + letter.message
            let isLong = message.count > Self.messageMax
            table.add([
                "\(letter.partition):\(letter.offset)", letter.at ?? "", letter.reason, "\(letter.agents.count)",
                letter.key ?? "", isLong ? message.prefix(Self.messageMax) + "…" : message,
            ])
        }
        return table.rendered()
    }
}

extension DeadLetterList.Letter {
    fileprivate init(_ letter: StoredDeadLetter) {
        self.init(
            partition: letter.position.partition, offset: letter.position.offset, reason: letter.reason,
            message: letter.message, agents: letter.agents,
            at: letter.timestamp.map { Timestamp(milliseconds: $0).description },
            understoodNow: letter.lost.isNothing && letter.refusal(value: letter.identity.value) == nil,
            key: Self.text(letter.identity.key), keyBase64: Self.base64(letter.identity.key),
            value: Self.text(letter.identity.value), valueBase64: Self.base64(letter.identity.value),
            lostValueBytes: letter.lost.valueBytes, lostHeadersBytes: letter.lost.headersBytes,
            lostKeyBytes: letter.lost.keyBytes, lostMessages: letter.lost.messages,
            headers: letter.headers.map {
                Header(name: $0.name, value: Self.text($0.value), valueBase64: Self.base64($0.value))
            }
        )
    }

    private static func text(_ bytes: [UInt8]?) -> String? {
        bytes.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// For what is no text.
    private static func base64(_ bytes: [UInt8]?) -> String? {
        text(bytes) == nil ? bytes.map { Data($0).base64EncodedString() } : nil
    }
}
