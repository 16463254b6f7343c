import PurgeModel
import RocksDB

/// The values of the family `history` that have no type of their own.
enum HistoryValues {
    /// An event, with its zone before it so that lists can be narrowed down without reading all of it.
    static func event(_ event: PurgeEvent) -> [UInt8] {
        var value: [UInt8] = []
        value.append(string: event.zone)
        return value + PurgeEventCodec.encode(event)
    }

    /// The zone of an event, and its JSON.
    static func parts(ofEvent value: [UInt8]) throws(RocksDBError) -> (zone: String, json: ArraySlice<UInt8>) {
        var reader = ByteReader(value)
        let zone = try reader.string()
        return (zone, reader.rest)
    }

    /// Reads what ``event(_:)`` wrote.
    static func event(_ value: [UInt8]) throws(RocksDBError) -> PurgeEvent {
        let json = try parts(ofEvent: value).json
        do throws(PurgeEventError) {
            return try PurgeEventCodec.decode(value: Array(json), headers: [], key: nil)
        } catch {
            throw ByteReader<RocksDBError>.damage
        }
    }

    /// A piece of what agents told about a purge.
    static func results(_ results: [(agent: String, result: AgentResult)]) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(results.count * 32)
        for (agent, result) in results {
            value.append(string: agent)
            value.append(signed: Int64(result.removed))
            value.append(signed: result.bytes)
            value.append(signed: result.appliedAt.milliseconds)
            value.append(signed: result.tookMicroseconds)
        }
        return value
    }

    /// Reads what ``results(_:)`` wrote.
    static func results(_ value: [UInt8]) throws(RocksDBError) -> [(agent: String, result: AgentResult)] {
        var reader = ByteReader(value)
        var results: [(agent: String, result: AgentResult)] = []
        while !reader.rest.isEmpty {
            let agent = try reader.string()
            let removed = Int(clamping: try reader.signed())
            let bytes = try reader.signed()
            let appliedAt = Timestamp(milliseconds: try reader.signed())
            results.append(
                (
                    agent,
                    AgentResult(
                        removed: removed, bytes: bytes, appliedAt: appliedAt, tookMicroseconds: try reader.signed())
                ))
        }
        return results
    }

    /// Whose a name is: the machine, empty where none is known, then words of each machine of the name, as in
    /// `purge.acks`.
    static func claim(_ claim: NameClaim) -> [UInt8] {
        var value: [UInt8] = []
        value.append(string: claim.machine ?? "")
        for word in claim.words {
            value.append(string: String(decoding: AcknowledgementCodec.encode(word), as: UTF8.self))
        }
        return value
    }

    /// Reads what ``claim(_:)-(NameClaim)`` wrote.
    static func claim(_ value: [UInt8]) throws(RocksDBError) -> NameClaim {
        var reader = ByteReader(value)
        let machine = try reader.string()
        var words: [Acknowledgement] = []
        while !reader.rest.isEmpty {
            let text = try reader.string()
            do throws(AcknowledgementError) {
                words.append(try AcknowledgementCodec.decode(Array(text.utf8)))
            } catch {
                throw ByteReader<RocksDBError>.damage
            }
        }
        return NameClaim(machine: machine.isEmpty ? nil : machine, words: words)
    }

    /// The times of one minute.
    static func times(_ histogram: TimeHistogram) -> [UInt8] {
        var value: [UInt8] = []
        value.append(varint: histogram.max)
        for bucket in histogram.buckets {
            value.append(varint: UInt64(bucket.index))
            value.append(varint: bucket.count)
        }
        return value
    }

    /// Reads what ``times(_:)`` wrote.
    static func times(_ value: [UInt8]) throws(RocksDBError) -> TimeHistogram {
        var reader = ByteReader(value)
        let longest = try reader.varint()
        var buckets: [TimeHistogram.Bucket] = []
        while !reader.rest.isEmpty {
            let index = UInt16(clamping: try reader.varint())
            buckets.append(TimeHistogram.Bucket(index: index, count: try reader.varint()))
        }
        guard let histogram = TimeHistogram(buckets: buckets, max: longest) else {
            throw ByteReader<RocksDBError>.damage
        }
        return histogram
    }
}
