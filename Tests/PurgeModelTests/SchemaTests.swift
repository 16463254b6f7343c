import FoundationEssentials
import PurgeModel
import TestSupport
import Testing

/// The documents in `docs` say what the code does.
@Suite struct SchemaTests {
    private func json(_ bytes: [UInt8]) throws -> AnyJSON {
        try JSONDecoder().decode(AnyJSON.self, from: Data(bytes))
    }

    private func schema(_ name: String) throws -> AnyJSON {
        try json(try Golden.document("schemas/\(name).schema.json"))
    }

    /// What `$ref` stands for, such as `purge-event.schema.json#/properties/id`; the schema itself where there is none.
    private func resolved(_ schema: AnyJSON?) throws -> AnyJSON? {
        guard case .text(let reference) = schema?["$ref"] else { return schema }
        let parts = reference.split(separator: "#/")
        var target: AnyJSON? = try json(try Golden.document("schemas/\(parts[0])"))
        for name in parts.dropFirst().flatMap({ $0.split(separator: "/") }) { target = target?[String(name)] }
        return try resolved(target)
    }

    /// Paths of members in `value` that `schema` does not describe.
    private func undescribed(_ value: AnyJSON, by schema: AnyJSON?, at path: String = "") throws -> [String] {
        let schema = try resolved(schema)
        switch value {
        case .object(let fields):
            return try fields.flatMap { name, field -> [String] in
                guard let described = schema?["properties"]?[name] else { return ["\(path).\(name)"] }
                return try undescribed(field, by: described, at: "\(path).\(name)")
            }
        case .list(let items):
            return try items.flatMap { try undescribed($0, by: schema?["items"], at: "\(path)[]") }
        case .text, .other:
            return schema == nil ? [path] : []
        }
    }

    @Test(arguments: EventFormat.all.map(\.name))
    func `each event format has a golden file and a schema, and reads the one as the other says`(name: String) throws {
        let golden = try json(try Golden.bytes("\(name).json"))
        #expect(try undescribed(golden, by: schema(name)) == [])
        let message = try Golden.message(name)
        #expect(try PurgeEventCodec.format(of: message.value, headers: message.headers).name == name)
        _ = try PurgeEventCodec.decodeMessage(value: message.value, headers: message.headers, key: nil)
        // Or the file would not show the format.
        guard case .list(let required) = try schema(name)["required"] else {
            Issue.record("the schema requires nothing")
            return
        }
        for case .text(let field) in required { #expect(golden[field] != nil, "\(field)") }
    }

    @Test func `formats are told apart by their names`() {
        let names = EventFormat.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.last == "purge-event", "what no other format takes is our own")
    }

    @Test(arguments: [
        ("event-everything.json", "purge-event"), ("acknowledgement.json", "acknowledgement"),
        ("tier.json", "tier"),
    ])
    func `every field of the golden files is in its schema`(golden: String, schema: String) throws {
        #expect(try undescribed(json(Golden.bytes(golden)), by: self.schema(schema)) == [])
    }

    @Test func `everything the code can write is in its schema`() throws {
        var generator = SeededGenerator(seed: 1)
        let schema = try schema("purge-event")
        for _ in 0..<50 {
            let event = try PurgeEventRoundTripTests.randomEvent(&generator)
            #expect(try undescribed(json(PurgeEventCodec.encode(event)), by: schema) == [])
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
        for topic in ["purge.events", "purge.acks", "purge.dead_letters", "purge.tiers"] {
            #expect(text.contains("address: \(topic)\n"))
        }
        let files = text.split(separator: "'").filter { $0.hasPrefix("./schemas/") }
        let names = Set(files.compactMap { $0.split(separator: "#").first?.dropFirst(2) })
        #expect(names.count == EventFormat.all.count + 3)
        for name in names {
            _ = try json(try Golden.document(String(name)))
        }
        for format in EventFormat.all {
            #expect(names.contains("schemas/\(format.name).schema.json"), "\(format.name)")
        }
    }
}
