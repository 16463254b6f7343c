import CRdKafka

/// Where to start reading a partition.
package enum StartOffset: Sendable, Hashable {
    /// The message with this offset, or the next one there is; negative is an error.
    case offset(Int64)
    /// The oldest message the partition still has.
    case earliest
    /// The next message to be written.
    case latest

    func checkedRawValue() throws(KafkaError) -> Int64 {
        switch self {
        case .offset(let offset):
            guard offset >= 0 else { throw .invalidArgument("start offset \(offset) is negative") }
            return offset
        case .earliest: return Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .latest: return Int64(RD_KAFKA_OFFSET_END)
        }
    }

    /// The start that librdkafka reports as this number when it could not look it up.
    init?(logical rawValue: Int64) {
        switch rawValue {
        case Int64(RD_KAFKA_OFFSET_BEGINNING): self = .earliest
        case Int64(RD_KAFKA_OFFSET_END): self = .latest
        default: return nil
        }
    }
}
