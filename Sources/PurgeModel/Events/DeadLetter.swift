/// What goes with a message that could not be understood: the reason, and where the message stood.
///
/// The message itself goes along unchanged: key, value and headers; these headers are added.
package struct DeadLetter: Sendable, Hashable {
    package static let reasonHeader = "edge-purge-reason"
    package static let messageHeader = "edge-purge-message"
    package static let partitionHeader = "edge-purge-partition"
    package static let offsetHeader = "edge-purge-offset"
    package static let agentHeader = "edge-purge-agent"

    /// The names of all headers that are added, in their order.
    package static let headerNames = [reasonHeader, messageHeader, partitionHeader, offsetHeader, agentHeader]

    /// A code of ``PurgeEventError/Code``; text, since a newer agent may know more of them.
    package let reason: String
    package let message: String
    package let partition: Int32
    package let offset: Int64
    package let agent: String

    package init(error: PurgeEventError, partition: Int32, offset: Int64, agent: String) {
        reason = error.code.rawValue
        message = error.message
        self.partition = partition
        self.offset = offset
        self.agent = agent
    }

    /// Reads the headers of a dead letter, for showing it; nil when one is missing or no number where one belongs.
    package init?(headers: [(name: String, value: [UInt8]?)]) {
        // The last one counts: earlier ones of the same name came with a message that was a dead letter before.
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
    }

    /// The headers to add, all UTF-8 text, numbers in decimal.
    package var headers: [(name: String, value: [UInt8])] {
        let values = [reason, message, String(partition), String(offset), agent]
        return zip(Self.headerNames, values).map { ($0, Array($1.utf8)) }
    }
}
