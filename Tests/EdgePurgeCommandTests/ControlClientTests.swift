import Foundation
import Testing

@testable import EdgePurgeCommand

struct ControlClientTests {
    @Test(
        arguments: [
            (nil, [:], "http://127.0.0.1:7480"), (nil, ["EDGE_PURGE_CONTROL": "http://c:1/"], "http://c:1"),
            (nil, ["EDGE_PURGE_CONTROL": ""], "http://127.0.0.1:7480"),
            ("https://x.test//", ["EDGE_PURGE_CONTROL": "http://c:1"], "https://x.test"),
        ] as [(String?, [String: String], String)])
    func `the flag wins over the variable, that over the default`(
        flag: String?,
        environment: [String: String],
        expected: String
    ) throws {
        #expect(try ControlClient(address: flag, environment: environment).address == expected)
    }

    @Test(arguments: ["127.0.0.1:7480", "ftp://x", "http://", "x"])
    func `what is no address is a wrong command line`(address: String) {
        do {
            _ = try ControlClient(address: address, environment: [:])
            Issue.record("accepted")
        } catch {
            #expect(error.exit == .usage)
        }
    }

    @Test func `a control plane that is not there is named, with what to do`() async throws {
        // Port 9 (discard) is closed on any machine that is not older than this program.
        let client = try ControlClient(address: "http://127.0.0.1:9", environment: [:])
        do {
            _ = try await client.get("/v1/agents")
            Issue.record("answered")
        } catch {
            #expect(error.exit == .failure)
            #expect(error.message.contains("http://127.0.0.1:9"))
            #expect(error.message.contains("edge-purge control"))
            #expect(error.message.contains("refused"))
            #expect(error.isConnection && error.firstLine.hasSuffix("refused"))
        }
    }

    @Test func `an agent that nobody knows is answered with the command that lists them`() {
        let body = Data(#"{"error":{"code":"unknown_agent","message":"GET /v1/agents lists those"}}"#.utf8)
        let answer = HTTPAnswer(status: 404, headers: [:], body: body)
        let told = AgentOrderOptions.refusal(CommandFailure("x"), answer, agent: "nope")
        #expect(told.message == "there is no agent nope; `edge-purge agents` shows those there are (unknown_agent)")
        let other = HTTPAnswer(status: 409, headers: [:], body: Data("{}".utf8))
        #expect(AgentOrderOptions.refusal(CommandFailure("x"), other, agent: "nope").message == "x")
    }

    @Test func `a file without certificates is a wrong command line`() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "no-ca-\(UUID().uuidString).pem")
        try Data("no certificate".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        for (flag, environment) in [(file.path, [:]), ("/nowhere", [:]), (nil, ["EDGE_PURGE_CA": file.path])] {
            do {
                _ = try ControlClient(
                    address: "https://localhost", certificatesFile: flag, environment: environment)
                Issue.record("accepted")
            } catch {
                #expect(error.exit == .usage && error.message.contains(flag ?? file.path), "\(error)")
            }
        }
        _ = try ControlClient(address: "https://localhost", environment: ["EDGE_PURGE_CA": ""])
    }

    @Test func `an agent that is not there is named, with what to do`() async throws {
        do {
            _ = try await AdminClient(socket: "/nowhere/admin.sock").get("/v1/index/stats")
            Issue.record("answered")
        } catch {
            #expect(error.message.contains("/nowhere/admin.sock"))
            #expect(error.message.contains("No such file"))
        }
    }

    @Test(arguments: [
        ("023e105f4ecef8ad9ca31a8372d0c353", true), ("023E105F4ECEF8AD9CA31A8372D0C353", true), ("shop.example", false),
        ("023e105f4ecef8ad9ca31a8372d0c35", false), ("023e105f4ecef8ad9ca31a8372d0c35g", false), ("", false),
    ])
    func `an id is 32 hexadecimal digits`(text: String, isID: Bool) {
        #expect(ControlClient.isZoneID(text) == isID)
    }

    @Test func `socket paths and query values are escaped`() {
        #expect(HTTPCaller.url(socket: "/a b/ö.sock", target: "/v1") == "http+unix://%2Fa%20b%2F%C3%B6.sock/v1")
        #expect(HTTPCaller.escaped("a&b=c%") == "a%26b%3Dc%25")
    }
}
