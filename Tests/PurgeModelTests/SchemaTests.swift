import FoundationEssentials
import PurgeModel
import TestSupport
import Testing

/// The documents in `docs` say what the code does.
@Suite struct SchemaTests {
    private func json(_ bytes: [UInt8]) throws -> AnyJSON {
        try JSONDecoder().decode(AnyJSON.self, from: Data(bytes))
    }

    /// Paths of members in `value` that `schema` does not describe.
    private func undescribed(_ value: AnyJSON, by schema: AnyJSON?, at path: String = "") -> [String] {
        switch value {
        case .object(let fields):
            return fields.flatMap { name, field -> [String] in
                guard let described = schema?["properties"]?[name] else { return ["\(path).\(name)"] }
                return undescribed(field, by: described, at: "\(path).\(name)")
            }
        case .list(let items):
            return items.flatMap { undescribed($0, by: schema?["items"], at: "\(path)[]") }
        case .other:
            return schema == nil ? [path] : []
        }
    }

    @Test(arguments: [
        ("event.json", "schemas/purge-event.schema.json"), ("event-everything.json", "schemas/purge-event.schema.json"),
        ("order.json", "schemas/agent-order.schema.json"),
        ("acknowledgement.json", "schemas/acknowledgement.schema.json"),
    ])
    func `every field of the golden files is in its schema`(golden: String, schema: String) throws {
        let schema = try json(try Golden.document(schema))
        #expect(undescribed(try json(try Golden.bytes(golden)), by: schema) == [])
    }

    @Test func `everything the code can write is in its schema`() throws {
        var generator = SeededGenerator(seed: 1)
        let schema = try json(try Golden.document("schemas/purge-event.schema.json"))
        for _ in 0..<50 {
            let event = try PurgeEventRoundTripTests.randomEvent(&generator)
            #expect(undescribed(try json(PurgeEventCodec.encode(event)), by: schema) == [])
        }
    }

    @Test func `all headers and reasons of a dead letter are described`() throws {
        let bytes = try Golden.document("schemas/dead-letter-headers.schema.json")
        guard case .object(let properties) = try json(bytes)["properties"] else {
            Issue.record("no properties")
            return
        }
        #expect(Set(properties.keys) == Set(DeadLetter.headerNames))
        let text = String(decoding: bytes, as: UTF8.self)
        for code in PurgeEventError.Code.allCases {
            #expect(text.contains("\"\(code.rawValue)\""), "\(code)")
        }
    }

    @Test func `the names of modes and states are those of the schemas`() throws {
        let event = String(decoding: try Golden.document("schemas/purge-event.schema.json"), as: UTF8.self)
        let acknowledgement = String(
            decoding: try Golden.document("schemas/acknowledgement.schema.json"), as: UTF8.self)
        func list(_ names: [String]) -> String { "[" + names.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
        #expect(event.contains(list(PurgeMode.allCases.map(\.rawValue))))
        #expect(acknowledgement.contains(list(AgentStatus.allCases.map(\.rawValue))))
        #expect(acknowledgement.contains(list(FenceMode.allCases.map(\.rawValue))))
    }

    @Test func `the AsyncAPI document names the topics and points at files that exist`() throws {
        let text = String(decoding: try Golden.document("asyncapi.yaml"), as: UTF8.self)
        for topic in ["purge.events", "purge.acks", "purge.dead_letters"] {
            #expect(text.contains("address: \(topic)\n"))
        }
        let files = text.split(separator: "'").filter { $0.hasPrefix("./schemas/") }
        #expect(files.count == 4)
        for file in files {
            _ = try json(try Golden.document(String(file.dropFirst(2))))
        }
    }
}
