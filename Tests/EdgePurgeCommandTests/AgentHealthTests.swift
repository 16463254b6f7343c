import Foundation
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct AgentHealthTests {
    private func health(_ fields: String) throws -> AgentHealth { try agent(fields).health }

    private func agent(_ fields: String) throws -> AgentList.Agent {
        let always: [String: Any] = [
            "agent": "a", "fenced": false, "drained": false, "expected": true, "conflicted": false,
            "partitions": [Int](),
        ]
        let told = try JSONSerialization.jsonObject(with: Data("{\(fields)}".utf8)) as? [String: Any] ?? [:]
        let body = try JSONSerialization.data(withJSONObject: always.merging(told) { _, told in told })
        return try HTTPAnswer(status: 200, headers: [:], body: body).decoded(AgentList.Agent.self)
    }

    @Test(arguments: [
        (#""status":"live""#, AgentHealth.live), (#""status":"a_new_one""#, .live),
        (#""status":"catching_up""#, .catchingUp), (#""status":"starting""#, .starting),
        (#""status":"draining""#, .stopping), (#""status":"fenced""#, .fenced),
        (#""status":"unheard""#, .unheard), (#""status":"live","silence_ms":10000"#, .live),
        (#""status":"live","silence_ms":10001"#, .silent),
        (#""status":"live","silence_ms":10001,"drained":true"#, .drained),
        (#""status":"catching_up","fenced":true"#, .fenced),
        (#""status":"fenced","problem":"no disk""#, .problem),
        (#""status":"live","conflicted":true,"silence_ms":99999"#, .conflict),
    ])
    func `one word says the worst`(fields: String, expected: AgentHealth) throws {
        #expect(try health(fields) == expected)
    }

    @Test func `a tier has a column where agents have one`() throws {
        let edge = try agent(#""status":"live","tier":"edge","tier_above":"shield","waiting":2"#)
        #expect(edge.tierText == "edge < shield, 2 wait")
        #expect(
            try agent(#""status":"live","tier":"edge","tier_above":"shield","waiting":0"#).tierText == "edge < shield")
        let plain = try agent(#""status":"live""#)
        #expect(plain.tierText == "")
        #expect(AgentsListCommand.table(of: [plain, edge]).rendered().contains("TIER"))
        #expect(!AgentsListCommand.table(of: [plain]).rendered().contains("TIER"))
    }

    @Test func `the remark says what to do`() throws {
        let other = try agent(#""status":"live","conflicted":true,"other_machine_of":"edge-1","problem":"x""#)
        #expect(other.remark.contains("`edge-purge agents replace edge-1`"))
        #expect(try agent(#""status":"live","conflicted":true"#).remark == "two agents with this name")
        #expect(try agent(#""status":"live","problem":"no disk""#).remark == "no disk")
        #expect(try agent(#""status":"live""#).remark == "")
    }

    @Test func `those that need somebody come first`() {
        let sorted: [AgentHealth] = [.live, .fenced, .problem, .drained, .conflict].sorted()
        #expect(sorted == [.conflict, .problem, .fenced, .drained, .live])
        #expect(sorted.map(\.isBad) == [true, true, false, false, false])
    }
}
