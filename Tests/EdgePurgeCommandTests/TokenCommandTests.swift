import ControlPlane
import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgePurgeCommand

struct TokenCommandTests {
    private static let zones = """
        zones:
          - {id: 023e105f4ecef8ad9ca31a8372d0c353, name: shop.example, scope: [shop.example]}
        """

    /// A directory with a control.yaml and a zones.yaml, removed afterwards.
    private func withConfiguration(_ body: (_ directory: String, _ config: String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "edge-purge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let config = directory.appending(path: "control.yaml")
        try Data("state_directory: \(directory.path)\nkafka: {bootstrap_servers: k:1}\n".utf8).write(to: config)
        try Data(Self.zones.utf8).write(to: directory.appending(path: "zones.yaml"))
        try await body(directory.path, config.path)
    }

    private func run(_ arguments: String...) async -> Int32 {
        await EdgePurge.run(arguments: ["token"] + arguments)
    }

    @Test func `what is created is what the control plane reads, until it is revoked`() async throws {
        try await withConfiguration { directory, config in
            let file = directory + "/tokens.yaml"
            #expect(try TokenSettings.load(path: file) == nil)
            #expect(
                await run(
                    "create", "deploy", "--permission", "cache_purge,read", "--zone", "shop.example", "--expires",
                    "90d",
                    "--email", "a@b.example", "--config", config) == 0)
            #expect(await run("create", "operator", "--permission", "admin", "--config", config) == 0)
            let control = try ControlSettings.load(path: config, environment: [:], flags: [])
            let tokens = try #require(try control.configuration.tokens?.read())
            #expect(tokens.map(\.name) == ["deploy", "operator"])
            #expect(tokens[0].permissions == [.cachePurge, .read] && tokens[1].permissions == [.admin])
            #expect(tokens[0].zones.texts == ["023e105f4ecef8ad9ca31a8372d0c353"] && tokens[1].zones == .all)
            #expect(tokens[0].expiresAt?.duration(since: tokens[0].createdAt) == .seconds(90 * 86_400))
            #expect(tokens[0].email == "a@b.example" && tokens[1].email == nil)
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)

            // A name is taken once.
            #expect(await run("create", "operator", "--permission", "read", "--config", config) == 1)
            #expect(await run("list", "--config", config) == 0)
            #expect(await run("revoke", "operator", "--config", config) == 0)
            #expect(await run("revoke", "operator", "--config", config) == 1)
            #expect(await run("revoke", tokens[0].id, "--tokens-file", file) == 0)
            // The file stays: without it everybody would be let in.
            #expect(try TokenSettings.load(path: file) == [])
        }
    }

    @Test func `the first token makes the state directory, for its owner only`() async throws {
        try await withConfiguration { directory, config in
            let state = directory + "/state/control"
            try Data("state_directory: \(state)\n".utf8).write(to: URL(filePath: config))
            #expect(await run("list", "--config", config) == 0)
            #expect(await run("revoke", "deploy", "--config", config) == 1)
            #expect(!FileManager.default.fileExists(atPath: state))
            #expect(await run("create", "deploy", "--permission", "admin", "--config", config) == 0)
            #expect(try FileManager.default.attributesOfItem(atPath: state)[.posixPermissions] as? Int == 0o700)
            #expect(try TokenSettings.load(path: state + "/tokens.yaml")?.count == 1)
            let file = TokenFile(path: config + "/x/t.yaml")
            let error = #expect(throws: CommandFailure.self) { try file.makeDirectory() }
            #expect(error?.message.hasPrefix("cannot make the directory \"\(config)/x\": Not a directory") == true)
        }
    }

    @Test func `the file says exactly what the records say, and no secret`() throws {
        var generator = SeededGenerator(seed: 3)
        var records: [AccessToken] = []
        for number in 0..<50 {
            let made = AccessToken.make(
                name: "t-\(number)",
                permissions: Set(Permission.allCases.filter { _ in Bool.random(using: &generator) }),
                zones: number.isMultiple(of: 3) ? .all : .some(["023e105f4ecef8ad9ca31a8372d0c353"]),
                createdAt: Timestamp(milliseconds: Int64(number) * 1_000_003),
                expiresAt: number.isMultiple(of: 2) ? nil : Timestamp(milliseconds: 5),
                email: number.isMultiple(of: 5) ? "x+'#: y@b.example" : nil, using: &generator)
            records.append(made.record)
            #expect(!TokenFile.text(records).contains(made.text.description.suffix(64)))
            #expect(TokenText(made.text.description) == made.text)
        }
        let yaml = try FlatYAML(yaml: TokenFile.text(records), file: nil)
        let read = try TokenSettings.read(SettingsReader(yaml: yaml, fileName: nil, environment: [:]))
        #expect(read == records)
    }

    @Test(arguments: [
        ["create", "a b", "--permission", "read"], ["create", "a", "--permission", "all"], ["create", "a"],
        ["create", "a", "--permission", "cache_purge"], ["create", "a", "--permission", "read", "--zone", "*"],
        ["create", "a", "--permission", "read", "--expires", "soon"],
        ["create", "a", "--permission", "read", "--email", "nobody"],
        ["create", "a", "--permission", "cache_purge", "--zone", "by-name.example"],
    ])
    func `what makes no sense is refused before anything is written`(arguments: [String]) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "tokens-\(UUID().uuidString)").path
        #expect(await EdgePurge.run(arguments: ["token"] + arguments + ["--tokens-file", file]) == 2)
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test(arguments: [
        "tokens: [{id: x}]", "tokens: 5", "nonsense: 1",
        "tokens: [{id: \"0123456789abcdef\", name: a, permissions: [all], zones: [], salt: aa, hash: bb, created: "
            + "\"x\"}]",
    ])
    func `a file that is damaged is an error, never no tokens`(text: String) async throws {
        try await withConfiguration { directory, _ in
            try Data(text.utf8).write(to: URL(filePath: directory + "/tokens.yaml"))
            #expect(throws: ConfigurationProblems.self) { try TokenSettings.load(path: directory + "/tokens.yaml") }
        }
    }

    @Test func `the client sends the token of a file or of the environment`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "token-\(UUID().uuidString)")
        try Data("ept_abc\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let environment = [ControlClient.tokenVariable: "ept_environment"]
        #expect(try ControlClient(address: nil, tokenFile: file.path, environment: environment).token == "ept_abc")
        #expect(try ControlClient(address: nil, environment: environment).token == "ept_environment")
        #expect(try ControlClient(address: nil, environment: [:]).token == nil)
        #expect(throws: CommandFailure.self) {
            try ControlClient(address: nil, tokenFile: "/nowhere", environment: [:])
        }
    }
}
