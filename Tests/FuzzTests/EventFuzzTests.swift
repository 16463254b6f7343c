import FoundationEssentials
import PurgeModel
import TestSupport
import Testing

/// The messages of `purge.events` and `purge.acks`, changed as JSON, so that most get past the JSON reader.
@Suite(.offPool) struct EventFuzzTests {
    private static let events = [
        "purge-event.json", "event-everything.json", "cloudevent-structured.json", "resource-change.json",
    ]

    private func decoded(_ tree: JSONTree) -> Result<PurgeEvent, PurgeEventError> {
        Result { () throws(PurgeEventError) in
            try PurgeEventCodec.decode(value: tree.bytes, headers: [], key: Array("zone".utf8))
        }
    }

    @Test(arguments: events)
    func `an event that is taken is written and read back the same, and breaks no limit`(name: String) throws {
        let golden = try JSONTree(Fixtures.golden(name))
        Fuzz.run(1_500) { random in
            var tree = golden
            for _ in 0..<random.number(1...4) { tree = tree.mutated(&random) }
            switch decoded(tree) {
            case .success(let event):
                let bytes = PurgeEventCodec.encode(event)
                let again = try PurgeEventCodec.decode(value: bytes, headers: [], key: nil)
                try Fuzz.check(again == event, "\(tree.bytes)")
                try Fuzz.check(PurgeEventCodec.encode(again) == bytes, "two spellings of \(tree.bytes)")
                try Fuzz.check(event.selectors.everything || event.selectors.keyCount > 0, "names nothing")
                try event.selectors.validate(in: event.scope)
            case .failure(let error):
                try Fuzz.check(!error.message.isEmpty && error.message.utf8.count < 2_000, "\(tree.bytes)")
            }
        }
    }

    @Test(arguments: events)
    func `neither the order of fields nor one that nobody knows changes an event`(name: String) throws {
        let golden = try JSONTree(Fixtures.golden(name))
        let event = try decoded(golden).get()
        Fuzz.run(500) { random in
            var tree = golden.shuffled(&random)
            // Our own field of a CloudEvent is its data; what is beside it are attributes.
            if random.once(in: 2) { tree = tree.withUnknownField(&random) }
            let found = try decoded(tree).get()
            try Fuzz.check(found == event, String(decoding: tree.bytes, as: UTF8.self))
        }
    }

    @Test func `any event of valid parts is written and read back the same`() {
        Fuzz.run(3_000) { random in
            let event = try RandomEvent.event(&random)
            let bytes = PurgeEventCodec.encode(event)
            try Fuzz.check(bytes.count <= Limits.eventBytesMax, "too large: \(bytes.count)")
            let found = try PurgeEventCodec.decode(value: bytes, headers: [], key: nil)
            try Fuzz.check(found == event, "\(event) became \(found)")
        }
    }

    /// What was stored before is compared byte for byte with what is written now.
    @Test func `an event is written in the bytes of the library's encoder`() {
        Fuzz.run(2_000) { random in
            let event = try RandomEvent.event(&random)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let bytes = Array(try encoder.encode(PlainEvent(event)))
            try Fuzz.check(PurgeEventCodec.encode(event) == bytes, String(decoding: bytes, as: UTF8.self))
        }
    }

    @Test func `an acknowledgement that is taken is written and read back the same`() throws {
        let golden = try JSONTree(Fixtures.golden("acknowledgement.json"))
        Fuzz.run(2_000) { random in
            var tree = golden
            for _ in 0..<random.number(1...4) { tree = tree.mutated(&random) }
            let acknowledgement: Acknowledgement
            do throws(AcknowledgementError) {
                acknowledgement = try AcknowledgementCodec.decode(tree.bytes)
            } catch {
                return try Fuzz.check(!error.message.isEmpty, "\(tree.bytes)")
            }
            let bytes = AcknowledgementCodec.encode(acknowledgement)
            let again = try AcknowledgementCodec.decode(bytes)
            try Fuzz.check(again == acknowledgement, String(decoding: tree.bytes, as: UTF8.self))
            try Fuzz.check(AcknowledgementCodec.encode(again) == bytes, "two spellings")
            try judge(acknowledgement, &random)
        }
    }

    /// What the rule concludes from a stranger's words: never that something is applied which they do not cover.
    private func judge(_ acknowledgement: Acknowledgement, _ random: inout SeededGenerator) throws {
        for progress in acknowledgement.partitions {
            try Fuzz.check(progress.lag >= 0, "a negative lag")
            let offset = random.oddNumber()
            let covered =
                offset < progress.applied || progress.appliedRanges.contains { $0 ~= offset }
            try Fuzz.check(progress.hasApplied(offset) == covered, "\(offset) of \(progress)")
        }
    }

    @Test func `acknowledgements of odd numbers are written and read back the same`() {
        Fuzz.run(2_000) { random in
            let partitions = (0..<random.number(0...4)).map { _ in
                let ends = [random.oddNumber(), random.oddNumber()].sorted()
                return PartitionProgress(
                    partition: Int32(truncatingIfNeeded: random.oddNumber()), queued: random.oddNumber(),
                    applied: random.oddNumber(), appliedRanges: random.once(in: 2) ? [] : [ends[0]...ends[1]],
                    effective: random.once(in: 2) ? nil : random.oddNumber(), highWatermark: random.oddNumber())
            }
            let recent = (0..<random.number(0...3)).map { _ in
                RecentPurge(
                    partition: Int32(truncatingIfNeeded: random.oddNumber()), offset: random.oddNumber(),
                    removed: Int(random.oddNumber()), bytes: random.oddNumber(),
                    appliedAt: Timestamp(milliseconds: random.oddNumber()),
                    took: .microseconds(random.number(0...1 << 40)))
            }
            let acknowledgement = Acknowledgement(
                agent: RandomEvent.words(&random), instance: RandomEvent.words(&random),
                sentAt: Timestamp(milliseconds: random.oddNumber()), software: RandomEvent.words(&random),
                region: random.once(in: 2) ? nil : RandomEvent.words(&random), cache: "nginx",
                status: random.pick(AgentStatus.allCases), fence: random.pick(FenceMode.allCases),
                fenceAfter: .milliseconds(random.number(0...1 << 40)), partitions: partitions,
                counts: AcknowledgementCounts(purges: random.oddNumber(), guardRemoved: random.oddNumber()),
                recent: recent, problem: random.once(in: 2) ? nil : RandomEvent.words(&random))
            let found = try AcknowledgementCodec.decode(AcknowledgementCodec.encode(acknowledgement))
            try Fuzz.check(found == acknowledgement, "\(acknowledgement) became \(found)")
        }
    }

    @Test func `a dead letter's headers are read back, whatever stood there before`() {
        Fuzz.run(2_000) { random in
            let error = PurgeEventError(.invalidField, RandomEvent.words(&random))
            var letter = DeadLetter(
                error: error, partition: Int32(truncatingIfNeeded: random.oddNumber()), offset: random.oddNumber(),
                agent: RandomEvent.words(&random), fingerprint: random.once(in: 3) ? nil : random.next())
            if random.once(in: 2) { letter.lost.valueBytes = random.number(0...1 << 30) }
            if random.once(in: 3) { letter.lost.headersBytes = random.number(0...1 << 30) }
            if random.once(in: 3) { letter.lost.keyBytes = random.number(0...1 << 30) }
            if random.once(in: 9) { letter.lost.messages = random.number(0...1 << 30) }
            let before = (0..<random.number(0...5)).map { _ in
                (random.pick(DeadLetter.headerNames + ["", "ce_id"]), random.once(in: 3) ? nil : random.bytes(upTo: 9))
            }
            let after = letter.headers.map { ($0.name, Optional($0.value)) }
            let read = DeadLetter.read(before + after)
            try Fuzz.check(read?.letter == letter && read?.originalCount == before.count, "\(letter)")
            _ = DeadLetter(headers: before)
        }
    }
}
