import TestSupport
import Testing

@testable import Kafka

@Suite struct PartitionLanesTests {
    /// Floods of large messages in one partition held up the purge that came a moment later in another one.
    @Test func `a message of another partition waits for no flood`() {
        var lanes = PartitionLanes()
        for offset in 0..<100 { lanes.add(message(1, Int64(offset), bytes: 90_000), of: 1) }
        lanes.add(message(2, 0, bytes: 100), of: 2)
        let first = lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: [])
        #expect(first.count <= 5)
        #expect(first.contains { $0.place == 2 })
    }

    /// Eight partitions with events of nearly a megabyte had a turn each before the purge that came meanwhile.
    @Test func `a small message waits for one large one, however many partitions have such`() {
        var lanes = PartitionLanes()
        for partition in Int32(1)...8 {
            for offset in 0..<3 { lanes.add(message(partition, Int64(offset), bytes: 900_000), of: partition) }
        }
        #expect(lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: []).count == 1)
        lanes.add(message(9, 0, bytes: 100), of: 9)
        let next = lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: [])
        #expect(next.map(\.place) == [9])
    }

    /// The purge of one page was handed out together with a megabyte, and answered when that had been read too.
    @Test func `a batch ends before a message that it has no room for`() {
        var lanes = PartitionLanes()
        for offset in 0..<3 { lanes.add(message(1, Int64(offset), bytes: 200_000), of: 1) }
        lanes.add(message(2, 0, bytes: 100), of: 2)
        let sizes = (0..<4).map { _ in lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: []).count }
        #expect(sizes == [2, 1, 1, 0])
        #expect(lanes.bytes(except: []) == 0)
    }

    @Test func `a message is handed out whatever its size, alone`() {
        var lanes = PartitionLanes()
        for offset in 0..<3 { lanes.add(message(1, Int64(offset), bytes: 900_000), of: 1) }
        #expect(lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: []).count == 1)
        #expect(lanes.take(messagesMax: 1000, bytesMax: 256 << 10, except: [1]).isEmpty)
        lanes.drop(1)
        #expect(!lanes.hasSome(except: []))
        #expect(lanes.bytes(except: []) == 0)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `each partition keeps its order, and nothing is lost`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var lanes = PartitionLanes()
        var added: [Int32: [Int64]] = [:]
        var taken: [Int32: [Int64]] = [:]
        var paused: Set<Int32> = []
        for step in 0..<400 {
            let partition = Int32(random.number(0...3))
            switch random.number(0...9) {
            case 0...5:
                let event = message(partition, Int64(step), bytes: random.number(0...70_000))
                lanes.add(event, of: partition)
                added[partition, default: []].append(Int64(step))
            case 6: paused.formSymmetricDifference([partition])
            case 7 where random.once(in: 4):
                lanes.drop(partition)
                added[partition] = taken[partition]
            default:
                let max = (messages: random.number(1...20), bytes: random.number(1...300_000))
                let events = lanes.take(messagesMax: max.messages, bytesMax: max.bytes, except: paused)
                #expect(events.count <= max.messages)
                #expect(events.isEmpty != lanesHad(added, taken, paused))
                for case .message(let message) in events {
                    #expect(!paused.contains(message.partition))
                    taken[message.partition, default: []].append(message.offset)
                }
            }
        }
        for case .message(let message) in lanes.take(messagesMax: .max, bytesMax: .max, except: []) {
            taken[message.partition, default: []].append(message.offset)
        }
        #expect(taken == added.filter { !$0.value.isEmpty })
        #expect(lanes.bytes(except: []) == 0)
    }

    private func lanesHad(_ added: [Int32: [Int64]], _ taken: [Int32: [Int64]], _ paused: Set<Int32>) -> Bool {
        added.contains { !paused.contains($0.key) && $0.value.count > taken[$0.key]?.count ?? 0 }
    }

    private func message(_ partition: Int32, _ offset: Int64, bytes: Int) -> ConsumerEvent {
        .message(
            Message(
                topic: "t", partition: partition, offset: offset, value: [UInt8](repeating: 0, count: bytes)))
    }
}
