import Kafka
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// What is in our own database and was damaged there.
@Suite(.offPool) struct QueueFuzzTests {
    private func message(_ random: inout SeededGenerator) -> QueuedMessage {
        QueuedMessage(
            key: random.once(in: 3) ? nil : random.bytes(upTo: 10),
            value: random.once(in: 3) ? nil : random.bytes(upTo: 300),
            headers: (0..<random.number(0...4)).map { _ in
                Header(
                    name: random.text(upTo: 8, of: "ce_id\u{e9}"),
                    value: random.once(in: 3) ? nil : random.bytes(upTo: 20))
            },
            arrivedAt: random.once(in: 2) ? nil : Timestamp(milliseconds: random.oddNumber())
        )
    }

    private func damaged(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<random.number(1...3) where !bytes.isEmpty {
            let position = random.number(0...bytes.count - 1)
            switch random.number(0...4) {
            case 0: bytes[position] ^= 1 << UInt8(random.number(0...7))
            case 1: bytes.removeSubrange(position...)
            case 2: bytes.insert(0xFF, at: position)
            // A length of nearly 2^63.
            case 3: bytes.replaceSubrange(position...position, with: [UInt8](repeating: 0xFF, count: 8) + [0x7F])
            default: bytes[position] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return bytes
    }

    @Test func `a queued message comes back byte for byte, and a damaged one is refused or another message`() {
        Fuzz.run(5_000) { random in
            let message = message(&random)
            let bytes = message.encoded()
            try Fuzz.check(try QueuedMessage(decoding: bytes) == message, "\(message)")
            guard let other = try? QueuedMessage(decoding: damaged(bytes, &random)) else { return }
            try Fuzz.check(try QueuedMessage(decoding: other.encoded()) == other, "\(other)")
            // Reading it as a purge must not trap either.
            _ = try? other.decoded()
        }
    }

    @Test func `a letter comes back as it was cut, and a damaged one is refused or another letter`() {
        Fuzz.run(5_000) { random in
            let key = QueueKey(partition: Int32(random.number(0...9)), epoch: 0, offset: Int64(random.number(0...99)))
            var message = message(&random)
            message.arrivedAt = nil
            var letter = Letter(message, refusal: PurgeEventError(.invalidJSON, "x"), key: key)
            try Fuzz.check(letter.message == message, "\(letter)")
            for _ in 0..<random.number(0...4) { _ = letter.cut() }
            let bytes = letter.encoded()
            try Fuzz.check(try Letter(decoding: bytes) == letter, "\(letter)")
            guard let other = try? Letter(decoding: damaged(bytes, &random)) else { return }
            _ = other.encoded()
        }
    }

    @Test func `a damaged index record is refused or another record`() {
        Fuzz.run(5_000) { random in
            let digits = random.text(upTo: 0, of: "0") + (0..<32).map { _ in random.pick(Array("0123456789abcdef")) }
            guard let name = CacheFileName(String(digits)) else { throw Fuzz.Failure(description: String(digits)) }
            let levels = DirectoryLevels(rawValue: UInt8.random(in: 0...63, using: &random))
            let object = StoredObject(
                key: FileLocation(cache: UInt8.random(in: 0...255, using: &random), name: name, levels: levels).key,
                generation: random.next(), date: UInt32(truncatingIfNeeded: random.oddNumber()),
                sizeKiB: UInt32(truncatingIfNeeded: random.oddNumber()), reversedHosts: [],
                targets: [random.bytes(upTo: 60)], tags: [], hasSiblings: random.once(in: 2))
            let record = ObjectRecord(
                object, hosts: (0..<random.number(0...2)).map { _ in UInt32(truncatingIfNeeded: random.oddNumber()) },
                labels: (0..<random.number(0...9)).map { _ in UInt32(truncatingIfNeeded: random.oddNumber()) })
            let bytes = record.encoded()
            try Fuzz.check(try ObjectRecord(decoding: bytes) == record, "\(record)")
            guard let other = try? ObjectRecord(decoding: damaged(bytes, &random)) else { return }
            // The path of its file must not trap, whatever the levels say.
            _ = FileLocation(other.key).path
        }
    }

    @Test func `a queue key comes back, and a damaged one is refused or another key`() {
        Fuzz.run(5_000) { random in
            let key = QueueKey(
                partition: Int32(truncatingIfNeeded: random.oddNumber()),
                epoch: UInt32(truncatingIfNeeded: random.oddNumber()), offset: random.oddNumber())
            try Fuzz.check(try QueueKey(decoding: key.encoded()) == key, "\(key)")
            guard let other = try? QueueKey(decoding: damaged(key.encoded(), &random)) else { return }
            try Fuzz.check(try QueueKey(decoding: other.encoded()) == other, "\(other)")
        }
    }
}
