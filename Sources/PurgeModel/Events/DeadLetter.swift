/// What goes with a message that could not be understood: the reason, and where the message stood.
///
/// The message itself goes along: key, value and headers; these headers come after its own. What the topic has no room
/// for is cut off, and counted in ``lost``.
package struct DeadLetter: Sendable, Hashable {
    package static let reasonHeader = "edge-purge-reason"
    package static let messageHeader = "edge-purge-message"
    package static let partitionHeader = "edge-purge-partition"
    package static let offsetHeader = "edge-purge-offset"
    package static let agentHeader = "edge-purge-agent"
    package static let fingerprintHeader = "edge-purge-fingerprint"

    /// The names of the headers that every letter has, in their order; version 0.1.0 wrote no others.
    private static let firstNames = [reasonHeader, messageHeader, partitionHeader, offsetHeader, agentHeader]

    /// The names of all headers that may be added, in their order.
    package static let headerNames = firstNames + [fingerprintHeader] + Lost.headerNames

    /// Characters of ``message`` at most: it may quote what came in, and has to fit into any topic.
    private static let messageCharactersMax = 1000

    /// What of a message is not in its letter, because there was no room for it.
    package struct Lost: Sendable, Hashable {
        /// Bytes of the value.
        package var valueBytes: Int?
        /// Bytes of the names and values of its headers.
        package var headersBytes: Int?
        /// Bytes of the key.
        package var keyBytes: Int?
        /// Messages that have no letters, from this letter's offset on, this one among them: there was not even room
        /// for their reasons.
        package var messages: Int?

        package init() {}

        /// Whether the letter has all of its message.
        package var isNothing: Bool { self == Lost() }

        private static let fields: [(name: String, path: any WritableKeyPath<Lost, Int?> & Sendable)] = [
            ("edge-purge-value-bytes", \.valueBytes), ("edge-purge-headers-bytes", \.headersBytes),
            ("edge-purge-key-bytes", \.keyBytes), ("edge-purge-messages", \.messages),
        ]

        static let headerNames = fields.map(\.name)

        /// Takes note of a header; false when it is none of these, or was there already.
        fileprivate mutating func take(_ name: String, _ value: [UInt8]?) -> Bool {
            guard let field = Self.fields.first(where: { $0.name == name }), self[keyPath: field.path] == nil else {
                return false
            }
            self[keyPath: field.path] = value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            return true
        }

        fileprivate var headers: [(name: String, value: [UInt8])] {
            Self.fields.compactMap { field in
                self[keyPath: field.path].map { (field.name, Array("\($0)".utf8)) }
            }
        }
    }

    /// A code of ``PurgeEventError/Code``; text, since a newer agent may know more of them.
    package let reason: String
    package let message: String
    package let partition: Int32
    package let offset: Int64
    /// The agent that sends it.
    package var agent: String
    /// What tells the message from another one at the same place: see ``fingerprint(key:value:)``.
    ///
    /// Nil in a letter of version 0.1.0.
    package let fingerprint: UInt64?
    package var lost = Lost()

    package init(
        error: PurgeEventError, partition: Int32, offset: Int64, agent: String = "", fingerprint: UInt64? = nil
    ) {
        reason = error.code.rawValue
        message = String(error.message.prefix(Self.messageCharactersMax))
        self.partition = partition
        self.offset = offset
        self.agent = agent
        self.fingerprint = fingerprint
    }

    /// Reads the headers of a dead letter, for showing it; nil when one is missing or no number where one belongs.
    package init?(headers: [(name: String, value: [UInt8]?)]) {
        guard let (letter, _) = Self.read(headers) else { return nil }
        self = letter
    }

    /// Reads the headers of a dead letter, and says how many of them, from the first on, are the message's own.
    package static func read(
        _ headers: [(name: String, value: [UInt8]?)]
    ) -> (letter: DeadLetter, originalCount: Int)? {
        // Ours come last. Earlier ones of the same names came with a message that was a dead letter before.
        var lost = Lost()
        var count = headers.count
        while count > 0, lost.take(headers[count - 1].name, headers[count - 1].value) { count -= 1 }
        var fingerprint: UInt64?
        if count > 0, headers[count - 1].name == fingerprintHeader {
            count -= 1
            fingerprint = headers[count].value.flatMap { UInt64(String(decoding: $0, as: UTF8.self), radix: 16) }
        }
        let start = count - firstNames.count
        guard start >= 0, headers[start..<count].map(\.name) == firstNames else {
            return DeadLetter(lastOf: headers, nil, Lost()).map { ($0, headers.count) }
        }
        return DeadLetter(lastOf: headers, fingerprint, lost).map { ($0, start) }
    }

    /// Takes the last header of each name.
    private init?(lastOf headers: [(name: String, value: [UInt8]?)], _ fingerprint: UInt64?, _ lost: Lost) {
        func text(_ name: String) -> String? {
            guard let value = headers.last(where: { $0.name == name })?.value else { return nil }
            return String(decoding: value, as: UTF8.self)
        }
        guard let reason = text(Self.reasonHeader), let message = text(Self.messageHeader),
            let partition = text(Self.partitionHeader).flatMap({ Int32($0) }),
            let offset = text(Self.offsetHeader).flatMap({ Int64($0) }), let agent = text(Self.agentHeader)
        else { return nil }
        self.reason = reason
        self.message = message
        self.partition = partition
        self.offset = offset
        self.agent = agent
        self.lost = lost
        self.fingerprint = fingerprint
    }

    /// The headers to add, all UTF-8 text, numbers in decimal, the fingerprint in hexadecimal digits.
    package var headers: [(name: String, value: [UInt8])] {
        let values = [reason, message, String(partition), String(offset), agent]
        var headers = zip(Self.firstNames, values).map { (name: $0, value: Array($1.utf8)) }
        if let fingerprint { headers.append((Self.fingerprintHeader, Array(String(fingerprint, radix: 16).utf8))) }
        return headers + lost.headers
    }

    /// FNV-1a over key and value, before each its length plus one in eight bytes (0: none).
    ///
    /// A purge has an id of its own, so two messages at one place, of a topic and of the one that took its name, are
    /// hardly ever the same.
    package static func fingerprint(key: [UInt8]?, value: [UInt8]?) -> UInt64 {
        var hash = FNV1a()
        for field in [key, value] {
            var length: [UInt8] = []
            length.append(integer: UInt64(field.map { $0.count + 1 } ?? 0))
            hash.add(length)
            hash.add(field ?? [])
        }
        return hash.value
    }
}
