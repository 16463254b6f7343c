import Kafka
import Logging
import PurgeModel
import Testing

@testable import ControlPlane

@Suite struct CollectorMessagesTests {
    /// Attack: one acknowledgement made a purge tell of -9223372036854775807 objects.
    @Test func `a number that no machine can have counts as the nearest that one can`() {
        for (told, counted) in [(-1, 0), (.min, 0), (7, 7), (.max, 1 << 48)] as [(Int, Int)] {
            let result = AgentResult(
                removed: told, bytes: Int64(told), appliedAt: Timestamp(milliseconds: 0), tookMicroseconds: 0)
            #expect(result.removed == counted && result.bytes == Int64(counted))
        }
    }

    /// Attack: an acknowledgement under any name made a member that held back every confirmation.
    @Test func `only names that an agent can have make members`() {
        let ledger = PurgeLedger(settings: CollectorSettings()) { Timestamp(milliseconds: 8) }
        let handler = CollectorMessages(
            ledger: ledger, oldest: Timestamp(milliseconds: 0), logger: Logger(label: "test"))
        let names = [
            "edge-1", "sp ace", "ü", "a/b", "\u{1B}[2J", "", String(repeating: "a", count: 129), "E_2.example",
        ]
        let messages = names.enumerated().map { offset, name in
            Message(
                topic: "purge.acks", partition: 0, offset: Int64(offset), key: Array(name.utf8),
                value: AcknowledgementCodec.encode(Samples.acknowledgement(name)))
        }
        handler.takeAcknowledgements(TopicReader.Batch(messages: messages, isCaughtUp: true))
        let members = ledger.read { state, now in state.agentList(now: now).agents.map(\.agent) }
        #expect(members.sorted() == ["E_2.example", "edge-1"])
    }
}
