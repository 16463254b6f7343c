import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// The README's examples, run as they stand there: only addresses, names of topics, token, zone and purge id are
    /// the environment's.
    @Suite(.enabled(if: ReadmeExample.canRun, "make test installs what the Python examples import"))
    struct ReadmeTests: SharesEnvironment {
        private static let page = "/products/42"
        /// The id of the README's answer, which is asked for after it.
        private static let shownID = "1aa9ee2d356500b773ab93ab2f94d406"

        @Test func `every example that purges ends with a confirmed purge`() async throws {
            let examples = try ReadmeExample.all().filter { ["sh", "python"].contains($0.language) }
            let exports = examples.flatMap(\.exports)
            let question = try examples.first { $0.text.contains("/v1/purges/\(Self.shownID)") }.required
            let purging = examples.filter {
                $0.text.contains(
                    /purge_cache"|edge-purge purge |cache\.purge\(|-t purge\.events|producer\.produce\(/)
            }
            // The command line, curl, the SDK, kcat, a Kafka client.
            #expect(purging.count == 5, "\(purging.map(\.text))")
            try await SecondControlPlane.withFolder(of: environment) { second in
                let token = try await makeToken(examples, second)
                try await second.run { control in
                    // All that the suites before it have left in the topics.
                    try await eventually("the second control plane has read its topics", within: .seconds(120)) {
                        try await environment.web.json(.GET, "\(control)/readyz").status == 200
                    }
                    let replacements = try replacements(control: control, token: token)
                    for example in purging {
                        try await becomesHit()
                        let outcome = try await example.run(
                            exports: exports, replacing: replacements, in: second.folder)
                        #expect(outcome.status == 0, "\(example.text)\n\(outcome)\n\(second.log)")
                        let id = try outcome.output.matches(of: /[0-9a-f]{32}/).last.map { String($0.0) }.required
                        try await eventually("purge \(id) of this example is confirmed: \(example.text)") {
                            let answer = try await question.run(
                                exports: exports, replacing: replacements + [(Self.shownID, id)], in: second.folder)
                            let purge = try JSONDecoder().decode(JSONValue.self, from: Data(answer.output.utf8))
                            return purge["id"].text == id && purge["state"].text == "confirmed"
                        }
                        try await environment.expect("MISS", [Self.page])
                    }
                }
            }
        }

        /// Makes the token with the README's command.
        private func makeToken(_ examples: [ReadmeExample], _ second: SecondControlPlane) async throws -> String {
            let example = try examples.first { $0.text.contains("edge-purge token create") }.required
            let files = "\(try environment.ready.controlConfig) --tokens-file \(second.tokensFile)"
            let outcome = try await example.run(
                exports: [], replacing: [("/etc/edge-purge/control.yaml", files)], in: second.folder)
            #expect(outcome.status == 0, "\(outcome)")
            return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        private func replacements(control: String, token: String) throws -> [(String, String)] {
            let ready = try environment.ready
            return [
                ("http://127.0.0.1:7480", control), ("kafka1:9092", ready.kafka), ("purge.events", ready.topics.events),
                ("023e105f4ecef8ad9ca31a8372d0c353", ready.zone), ("ept_…", token),
            ]
        }

        /// Waits until every cache has the page: guards of earlier purges may take it out once more.
        private func becomesHit() async throws {
            let environment = try environment
            for cache in environment.ready.caches {
                try await eventually("\(cache.agent) has \(Self.page)") {
                    try await environment.web.page(cache, Self.page).cacheStatus == "HIT"
                }
            }
        }
    }
}
