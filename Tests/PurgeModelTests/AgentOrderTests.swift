import PurgeModel
import Testing

@Suite struct AgentOrderTests {
    private func message(_ json: String) throws(PurgeEventError) -> EventMessage {
        try PurgeEventCodec.decodeMessage(value: Array(json.utf8), headers: [], key: Array("edge-1".utf8))
    }

    private func refusal(_ json: String) -> PurgeEventError.Code? {
        do throws(PurgeEventError) {
            _ = try message(json)
            return nil
        } catch {
            return error.code
        }
    }

    /// An order with its `order` member as given.
    private func with(_ order: String, _ more: String = "") -> String {
        #"{"id":"00000000000000000000000000000002","accepted_at":"2026-11-21T09:30:00Z","order":\#(order)\#(more)}"#
    }

    @Test func `the golden order is read and written byte for byte`() throws {
        let bytes = try Golden.bytes("agent-order.json")
        let order = AgentOrder(
            id: try #require(PurgeID("00000000000000000000000000000002")),
            acceptedAt: try #require(Timestamp(rfc3339: "2026-11-21T09:30:00Z")), action: .drain, agent: "edge-fra-01")
        #expect(try PurgeEventCodec.decodeMessage(value: bytes, headers: [], key: nil) == .order(order))
        #expect(PurgeEventCodec.encode(order) == bytes)
    }

    @Test func `unknown fields are ignored, and what is null is absent`() throws {
        guard case .order(let order) = try message(with(#"{"resume":"a.b_c-9","force":[1],"drain":null}"#, #","x":{}"#))
        else {
            Issue.record("it is no order")
            return
        }
        #expect(order.action == .resume)
        #expect(order.agent == "a.b_c-9")
        #expect(refusal(with("null")) == .missingField, "a purge without selectors")
    }

    @Test func `what is no order is refused and never guessed`() {
        #expect(refusal(with("{}")) == .missingField)
        #expect(refusal(with(#"{"reboot":"a"}"#)) == .missingField)
        #expect(refusal(with(#"{"drain":"a","resume":"a"}"#)) == .invalidField)
        #expect(refusal(with(#"{"drain":"a"}"#, #","selectors":{"tags":["x"]}"#)) == .invalidField)
        #expect(refusal(with(#"{"drain":1}"#)) == .invalidField)
        #expect(refusal(with(#""drain""#)) == .invalidField)
        #expect(refusal(with("[]")) == .invalidField)
        for name in ["", "a b", "ä", "a/b", String(repeating: "a", count: 129)] {
            #expect(refusal(with(#"{"drain":"\#(name)"}"#)) == .invalidField, "\(name)")
        }
        #expect(refusal(#"{"accepted_at":"2026-11-21T09:30:00Z","order":{"drain":"a"}}"#) == .missingField)
        #expect(refusal(#"{"id":"00000000000000000000000000000002","order":{"drain":"a"}}"#) == .missingField)
        #expect(
            refusal(#"{"specversion":"1.0","id":"a","source":"b","data":\#(with(#"{"drain":"a"}"#))}"#)
                == .unsupportedFormat)
    }

    @Test func `whoever asks for a purge is told that an order is none`() {
        #expect(throws: PurgeEventError.self) {
            try PurgeEventCodec.decode(value: try Golden.bytes("agent-order.json"), headers: [], key: nil)
        }
    }
}
