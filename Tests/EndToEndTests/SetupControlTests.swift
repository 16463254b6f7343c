import ControlPlane
import Foundation
import Kafka
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// `edge-purge setup control`: what it writes is a configuration, with a token and zones.
@Suite struct SetupControlTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var path: String { folder.path + "/etc/control.yaml" }

    private func setup(_ options: String...) async throws -> Program.Outcome {
        try await Program.run(
            ["setup", "control", "--config", path] + options, in: Program.environmentWithoutKafka)
    }

    private func settings() throws -> ControlSettings {
        try ControlSettings.load(path: path, environment: [:], flags: [])
    }

    /// A file as an operator may have it: its state is in the test's own directory.
    private func makeExisting(_ more: String = "") throws {
        try FileManager.default.createDirectory(
            atPath: folder.path + "/etc", withIntermediateDirectories: true)
        try "state_directory: \(folder.path)/state\nkafka:\n  bootstrap_servers: a:1 # mine\n\(more)"
            .write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func `it is written, with a token, and nothing is to do then`() async throws {
        try makeExisting()
        let options = [
            "--bootstrap", "k1:9092,k2:9092", "--zone", "shop.example", "--zone", "img=a.example,*.b.example",
        ]
        let proposed = try await Program.run(
            ["setup", "control", "--config", path] + options, in: Program.environmentWithoutKafka)
        #expect(proposed.status == 7 && proposed.output.contains("+++ \(folder.path)/etc/zones.yaml"), "\(proposed)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))

        let done = try await Program.run(
            ["setup", "control", "--config", path, "--write"] + options, in: Program.environmentWithoutKafka)
        #expect(done.status == 0, "\(done)")
        let token = try #require(done.output.firstMatch(of: /ept_[0-9A-Za-z_]+/)).output
        let configuration = try settings().configuration
        #expect(configuration.kafka.bootstrapServers == "k1:9092,k2:9092")
        let zones = configuration.zones.zones.sorted { $0.name < $1.name }
        #expect(zones.map(\.name) == ["img", "shop.example"])
        #expect(done.output.contains("\(zones[0].id)/purge_cache") && done.output.contains("Bearer \(token)"))
        let tokens = try await Program.run("token", "list", "--config", path)
        #expect(tokens.output.contains("operator") && tokens.output.contains("admin"), "\(tokens)")

        let again = try await setup("--zone", "Shop.example", "--write", "--json")
        let report = try JSONDecoder().decode(JSONValue.self, from: Data(again.output.utf8))
        #expect(again.status == 0 && report["written"] == .bool(false) && report["token"] == .null, "\(again)")
        #expect(report["zones"]["shop.example"].text == zones[1].id)
        #expect(try settings().configuration.zones.zones.count == 2)
    }

    @Test func `whoever cannot be asked is told what to give`() async throws {
        let outcome = try await setup("--zone", "shop.example")
        #expect(outcome.status == 2 && outcome.errors.contains("--bootstrap"), "\(outcome)")
        let zone = try await setup("--bootstrap", "k:1", "--zone", "a b")
        #expect(zone.status == 2 && zone.errors.contains("is no host"), "\(zone)")
    }

    @Test func `a file that cannot be changed is left alone`() async throws {
        try makeExisting()
        let odd = "kafka: {bootstrap_servers: a:1}\n"
        try odd.write(toFile: path, atomically: true, encoding: .utf8)
        let outcome = try await setup("--bootstrap", "k:1", "--zone", "shop.example", "--write")
        #expect(outcome.status == 1 && outcome.errors.contains("by hand"), "\(outcome)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == odd)
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/etc/zones.yaml"))
    }
}
