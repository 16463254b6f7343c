import Foundation
import PurgeModel
import Testing

@testable import ControlPlane

/// Programs of others against the running server.
@Suite(
    .serialized, .timeLimit(.minutes(10)),
    .enabled(if: ClientPrograms.areInstalled, "make test installs the SDK and the fuzzer"))
struct ClientProgramTests {
    /// The sample zones, the second with 3 requests at once and one more a second.
    private static func zones() throws -> ZoneTable {
        let samples = try Samples.zones().zones
        var limits = ZoneLimits()
        limits.burst = 3
        limits.requestsPerMinute = 60
        return try ZoneTable([
            samples[0],
            try Zone(id: samples[1].id, name: samples[1].name, scope: samples[1].scope, limits: limits),
        ])
    }

    @Test func `the official SDK of Cloudflare works unchanged`() async throws {
        var tokens = TestTokens()
        tokens.add("legacy", [.cachePurge], .all, email: "web@example.com")
        try await RunningControlPlane.run(KafkaBench()) { [tokens] configuration in
            configuration.zones = try Self.zones()
            configuration.tokens = TokenSource(path: "/nowhere/tokens.yaml") { tokens.records }
        } _: { [tokens] port in
            let outcome = try await ClientPrograms.run(
                ClientPrograms.path("python3"), [ClientPrograms.script("cloudflare-sdk.py")],
                environment: [
                    "BASE": "http://127.0.0.1:\(port)", "ADMIN": tokens.text("operator"),
                    "DEPLOY": tokens.text("deploy"), "LEGACY": tokens.text("legacy"),
                    "LEGACY_EMAIL": "web@example.com", "ZONE": Samples.zoneID, "ZONE_NAME": "example.com",
                    "LIMITED": Samples.otherZoneID,
                ])
            #expect(outcome.isSuccess && outcome.text.contains("all done"), "\(outcome.text)")
        }
    }

    @Test func `a fuzzer finds no answer that the document does not allow`() async throws {
        let tokens = TestTokens()
        try await RunningControlPlane.run(KafkaBench()) { configuration in
            configuration.tokens = TokenSource(path: "/nowhere/tokens.yaml") { tokens.records }
        } _: { port in
            let outcome = try await ClientPrograms.run(
                ClientPrograms.path("schemathesis"),
                [
                    "--config-file", ClientPrograms.script("schemathesis.toml"), "run",
                    "http://127.0.0.1:\(port)/openapi.json", "--header",
                    "Authorization: Bearer \(tokens.text("operator"))", "--phases", "examples,coverage,fuzzing",
                    "--max-examples", "5", "--seed", "1", "--no-color", "--request-timeout", "60",
                    // An event stream of a purge that nobody confirms never ends.
                    "--exclude-path-regex", "progress", "--checks",
                    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
                ])
            #expect(outcome.isSuccess, "\(outcome.text.suffix(20_000))")
        }
    }
}
