import Kafka
import PurgeModel

/// A Kafka message as it came, kept byte for byte: what was understood once is understood again, what was not can be
/// handed on whole.
struct QueuedMessage: Hashable, Stored {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []
    /// When it reached Kafka, as far as that is believed; nil where nobody knows, as in what version 0.1.0 queued.
    var arrivedAt: Timestamp?
    /// What tells it from others (`MessageMark`); kept only where somebody has to know it after a restart.
    var fingerprint: UInt64?

    /// Reads the message, whatever it is.
    func understood() throws(PurgeEventError) -> EventMessage {
        let read = try PurgeEventCodec.decodeMessage(
            value: value, headers: headers.map { ($0.name, $0.value) }, key: key)
        guard case .purge(let event) = read else { return read }
        return .purge(event.believed(arrivedAt: arrivedAt))
    }

    /// Reads the message as a purge.
    func decoded() throws(PurgeEventError) -> PurgeEvent {
        try PurgeEventCodec.decode(value: value, headers: headers.map { ($0.name, $0.value) }, key: key)
            .believed(arrivedAt: arrivedAt)
    }

    /// Bytes of key, value and headers, about.
    var size: Int {
        headers.reduce((key?.count ?? 0) + (value?.count ?? 0)) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) }
    }

    /// The value in the `queue` family.
    ///
    /// Key, value, number of headers, headers; each field as its length plus one (0: none) and its bytes. Then, where
    /// it is known, when it arrived; then, where it is kept, the fingerprint in eight bytes.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size + Self.lengthsMax * (headers.count + 1))
        Self.append(key, to: &bytes)
        Self.append(value, to: &bytes)
        bytes.append(varint: UInt64(headers.count))
        for header in headers {
            Self.append(Array(header.name.utf8), to: &bytes)
            Self.append(header.value, to: &bytes)
        }
        if arrivedAt != nil || fingerprint != nil {
            bytes.append(signed: arrivedAt?.milliseconds ?? Self.unknownArrival)
        }
        if let fingerprint { bytes.append(integer: fingerprint) }
        return bytes
    }

    /// Takes what matters of a message from Kafka.
    init(_ message: Message, arrivedAt: Timestamp? = nil) {
        self.init(key: message.key, value: message.value, headers: message.headers, arrivedAt: arrivedAt)
    }

    init(key: [UInt8]? = nil, value: [UInt8]?, headers: [Header] = [], arrivedAt: Timestamp? = nil) {
        self.key = key
        self.value = value
        self.headers = headers
        self.arrivedAt = arrivedAt
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var rest = bytes[...]
        key = try Self.take(from: &rest)
        value = try Self.take(from: &rest)
        headers = []
        for _ in 0..<(try Self.takeCount(from: &rest)) {
            let name = String(decoding: try Self.take(from: &rest) ?? [], as: UTF8.self)
            headers.append(Header(name: name, value: try Self.take(from: &rest)))
        }
        if !rest.isEmpty {
            var reader = ByteReader(rest)
            let milliseconds = try reader.signed()
            arrivedAt = milliseconds == Self.unknownArrival ? nil : Timestamp(milliseconds: milliseconds)
            if !reader.rest.isEmpty { fingerprint = try reader.integer(UInt64.self) }
        }
    }

    private static let unknownArrival = Int64.min
    /// Bytes of a few lengths and times.
    private static let lengthsMax = 40

    private static func append(_ field: [UInt8]?, to bytes: inout [UInt8]) {
        bytes.append(varint: UInt64(field.map { $0.count + 1 } ?? 0))
        bytes += field ?? []
    }

    private static func take(from rest: inout ArraySlice<UInt8>) throws(IndexFormatError) -> [UInt8]? {
        let count = try takeCount(from: &rest)
        guard count > 0 else { return nil }
        guard count - 1 <= rest.count else { throw IndexFormatError() }
        defer { rest = rest.dropFirst(count - 1) }
        return Array(rest.prefix(count - 1))
    }

    private static func takeCount(from rest: inout ArraySlice<UInt8>) throws(IndexFormatError) -> Int {
        var reader = ByteReader(rest)
        let count = try reader.varint()
        rest = reader.rest
        guard let count = Int(exactly: count) else { throw IndexFormatError() }
        return count
    }
}
