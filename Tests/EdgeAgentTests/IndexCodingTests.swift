import Kafka
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct IndexCodingTests {
    @Test func `a file entry comes back as it was`() throws {
        var random = SeededGenerator()
        for _ in 0..<200 {
            let id = ObjectID(rawValue: random.next() >> UInt64(random.number(0...63)))
            let entry = FileEntry(object: id, generation: random.next())
            #expect(try FileEntry(decoding: entry.encoded()) == entry, "seed \(random.seed)")
            let bytes = entry.encoded()
            for count in 0..<bytes.count {
                #expect(throws: IndexFormatError.self) { try FileEntry(decoding: Array(bytes.prefix(count))) }
            }
        }
    }

    @Test func `an object record comes back as it was, and a cut one never traps`() throws {
        var random = SeededGenerator()
        for _ in 0..<60 {
            let name = try #require(CacheFileName(random.fileName()))
            let object = StoredObject(
                key: .file(
                    cache: UInt8(random.number(0...255)), name: name, levels: random.pick(DirectoryLevels.all)
                ),
                generation: random.next(), date: UInt32(truncatingIfNeeded: random.next()),
                sizeKiB: UInt32(truncatingIfNeeded: random.next()) >> UInt32(random.number(0...31)), reversedHosts: [],
                targets: [random.bytes(upTo: 80)], tags: [], hasSiblings: random.once(in: 2),
                tagLoss: random.once(in: 2) ? TagLoss(head: .incomplete, dropped: DroppedTags()) : nil
            )
            let record = ObjectRecord(
                object, hosts: (0..<random.number(1...2)).map { _ in UInt32(truncatingIfNeeded: random.next()) },
                labels: (0..<random.number(0...40)).map { _ in UInt32(truncatingIfNeeded: random.next()) }
            )
            let bytes = record.encoded()
            #expect(try ObjectRecord(decoding: bytes) == record, "seed \(random.seed)")
            #expect(record.lacksTags == (object.tagLoss != nil))
            let head = bytes.count - record.targets[0].count
            for count in 0..<bytes.count {
                let cut = Array(bytes.prefix(count))
                if count < head {
                    #expect(throws: IndexFormatError.self) { try ObjectRecord(decoding: cut) }
                } else {
                    _ = try ObjectRecord(decoding: cut)
                }
            }
        }
    }

    @Test func `random bytes are decoded or refused, never a trap`() {
        var random = SeededGenerator()
        for _ in 0..<20_000 {
            let bytes = random.bytes(upTo: 60)
            _ = try? ObjectRecord(decoding: bytes)
            _ = try? FileEntry(decoding: bytes)
            _ = try? QueueKey(decoding: bytes)
            _ = try? QueuedMessage(decoding: bytes)
            var reader = ByteReader(bytes)
            _ = try? reader.varint()
        }
    }

    @Test(arguments: [0, 1, 127, 128, 300, UInt64(UInt32.max), .max])
    func `a number of variable length comes back as it was`(_ value: UInt64) throws {
        var bytes: [UInt8] = []
        bytes.append(varint: value)
        var reader = ByteReader(bytes)
        #expect(try reader.varint() == value)
        #expect(reader.rest.isEmpty)
        var cut = ByteReader(Array(bytes.dropLast()))
        #expect(throws: IndexFormatError.self) { try cut.varint() }
    }

    @Test func `a number that never ends is refused`() {
        var reader = ByteReader([UInt8](repeating: 0xff, count: 50))
        #expect(throws: IndexFormatError.self) { try reader.varint() }
    }

    @Test func `a queue key comes back as it was, and keys sort by partition, epoch and offset`() throws {
        var random = SeededGenerator()
        func key() -> QueueKey {
            QueueKey(
                partition: Int32(random.number(0...3)), epoch: UInt32(random.number(0...2)),
                offset: random.pick([-1, 0, 1, 255, 256, Int64(random.number(0...1 << 40))])
            )
        }
        for _ in 0..<2000 {
            let (first, second) = (key(), key())
            check(try QueueKey(decoding: first.encoded()) == first, "\(first)")
            let sorted = (first.partition, first.epoch, first.offset) < (second.partition, second.epoch, second.offset)
            check(first.encoded().lexicographicallyPrecedes(second.encoded()) == sorted, "\(first) \(second)")
        }
        for count in 0..<16 {
            #expect(throws: IndexFormatError.self) {
                try QueueKey(decoding: Array(key().encoded().prefix(count)))
            }
        }
    }

    @Test func `a queued message comes back byte for byte, and a cut one is refused`() throws {
        var random = SeededGenerator()
        for _ in 0..<40 {
            let message = QueuedMessage(
                key: random.once(in: 3) ? nil : random.bytes(upTo: 10),
                value: random.once(in: 3) ? nil : random.bytes(upTo: 200),
                headers: (0..<random.number(0...3)).map { number in
                    Header(name: "header-\(number)", value: random.once(in: 3) ? nil : random.bytes(upTo: 20))
                }
            )
            let bytes = message.encoded()
            #expect(try QueuedMessage(decoding: bytes) == message, "seed \(random.seed)")
            for count in 0..<bytes.count {
                #expect(throws: IndexFormatError.self) { try QueuedMessage(decoding: Array(bytes.prefix(count))) }
            }
        }
    }
}
