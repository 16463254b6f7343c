import Kafka
import PurgeModel

/// A message that was no purge, as it came, with the reason; the copies of several agents are one.
struct StoredDeadLetter: Sendable {
    /// Where a message stood in the topic of purges.
    struct Position: Hashable, Comparable, Sendable {
        var partition: Int32
        var offset: Int64

        static func < (left: Position, right: Position) -> Bool {
            (left.partition, left.offset) < (right.partition, right.offset)
        }
    }

    /// What makes two copies one letter: a topic that was made anew has other messages at the same positions.
    struct Identity: Hashable, Sendable {
        var position: Position
        var key: [UInt8]?
        var value: [UInt8]?
    }

    /// Where it stood, and what it was, as far as it is there.
    let identity: Identity
    /// The headers it came with.
    let headers: [Header]
    /// A code, such as `unknown_selector`.
    let reason: String
    /// The reason in words.
    let message: String
    /// The agents that put it aside, in the order they did.
    var agents: [String]
    /// When the first of them did, in milliseconds since 1970; nil when Kafka does not tell.
    let timestamp: Int64?
    /// What of it is not there, because there was no room for it; then it cannot be replayed as it was.
    let lost: DeadLetter.Lost

    /// Reads one message of the topic of dead letters; nil when it is none.
    init?(_ stored: Message) {
        guard let (letter, originalCount) = DeadLetter.read(stored.headers.map { ($0.name, $0.value) }) else {
            return nil
        }
        headers = Array(stored.headers.prefix(originalCount))
        lost = letter.lost
        identity = Identity(
            position: Position(partition: letter.partition, offset: letter.offset), key: stored.key, value: stored.value
        )
        reason = letter.reason
        message = letter.message
        agents = [letter.agent]
        timestamp = stored.timestamp
    }

    /// Where it stood in the topic of purges.
    var position: Position { identity.position }

    /// What of it is not there, for people; nil when all of it is.
    var loss: String? {
        if let messages = lost.messages { return "it stands for \(messages) messages that were not kept" }
        let parts = [("value", lost.valueBytes), ("headers", lost.headersBytes), ("key", lost.keyBytes)]
            .compactMap { part, bytes in bytes.map { "its \(part) of \($0) bytes" } }
        return parts.isEmpty ? nil : "\(parts.joined(separator: " and ")) could not be kept"
    }

    /// Why this program could not understand it, or with another value; nil when it can.
    func refusal(value: [UInt8]?) -> PurgeEventError? {
        do throws(PurgeEventError) {
            _ = try PurgeEventCodec.decode(
                value: value, headers: headers.map { ($0.name, $0.value) }, key: identity.key)
            return nil
        } catch {
            return error
        }
    }
}

extension StoredDeadLetter.Position: CustomStringConvertible {
    /// `partition:offset`, as `--at` takes it.
    var description: String { "\(partition):\(offset)" }

    /// Reads `partition:offset`.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
            offset >= 0
        else { return nil }
        self.init(partition: partition, offset: offset)
    }
}
