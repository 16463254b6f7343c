import Foundation
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension EndToEndTests {
    /// The command line as a person or a script uses it.
    @Suite struct CommandLineTests: SharesEnvironment {
        private var environmentVariables: [String: String] {
            get throws { ["EDGE_PURGE_CONTROL": try environment.ready.control] }
        }

        @Test func `purge --wait ends with 0 once all agents have confirmed`() async throws {
            try await environment.warm(["/cli/1?tags=cli"])
            let outcome = try await Program.run(
                "purge", "--tag", "cli", "--zone", try environment.ready.zone, "--wait", "--json",
                environment: try environmentVariables)
            #expect(outcome.status == 0, "\(outcome)")
            let answer = try JSONDecoder().decode(JSONValue.self, from: Data(outcome.output.utf8))
            #expect(answer["state"].text == "confirmed")
            #expect(answer["agents"]["applied"].int == 3)
            try await environment.expect("MISS", ["/cli/1?tags=cli"])
            let id = try answer["id"].text.required
            let status = try await Program.run("status", id, environment: try environmentVariables)
            #expect(status.status == 0)
            #expect(status.output.contains(id) && status.output.contains("confirmed"))
        }

        @Test func `refused is 1, not confirmed in time is 3, misuse is 2`() async throws {
            let environment = try environment
            let zone = environment.ready.zone
            let refused = try await Program.run(
                "purge", "--prefix", "https://shop.example/a", "--zone", zone, environment: try environmentVariables)
            #expect(refused.status == 1, "\(refused)")
            #expect(!refused.errors.isEmpty)
            let misused = try await Program.run("purge", "--tags-of-no-kind", environment: try environmentVariables)
            #expect(misused.status == 2)
            let victim = try environment.processID(of: environment.ready.caches[2].agent).required
            kill(victim, SIGSTOP)
            defer { kill(victim, SIGCONT) }
            let late = try await Program.run(
                "purge", "--tag", "late", "--zone", zone, "--wait=1s", environment: try environmentVariables)
            #expect(late.status == 3, "\(late)")
        }

        @Test func `agents, lag and index tell what is there`() async throws {
            let environment = try environment
            try await environment.warm(["/cli/2?tags=shown"])
            let agents = try await Program.run("agents", environment: try environmentVariables)
            let lag = try await Program.run("lag", "--json", environment: try environmentVariables)
            for cache in environment.ready.caches {
                #expect(agents.output.contains(cache.agent))
                #expect(lag.output.contains(cache.agent))
            }
            let socket = environment.ready.caches[0].adminSocket
            try await eventually("the object is in the index") {
                let found = try await Program.run("index", "find", "--tag", "shown", "--admin-socket", socket)
                return found.status == 0 && found.output.contains("/cli/2")
            }
            let count = try await Program.run("index", "count", "--tag", "shown", "--admin-socket", socket)
            #expect(count.output.contains("1"))
            let stats = try await Program.run("index", "stats", "--admin-socket", socket)
            #expect(stats.status == 0 && stats.output.contains("bjects"))
        }

        @Test func `purges and watch show what was purged`() async throws {
            let id = try await environment.purge(#"{"tags":["seen-in-the-history"]}"#)["id"].text.required
            let found = try await Program.run("purges", "seen-in-the", environment: try environmentVariables)
            #expect(found.status == 0 && found.output.contains(id), "\(found)")
            let none = try await Program.run("purges", "never-named", environment: try environmentVariables)
            #expect(none.output == "No purge matches.\n")

            // A reader that goes away ends it.
            let line = try await shell(#"exec "$0" watch --json | head -n 1"#)
            let picture = try JSONDecoder().decode(JSONValue.self, from: Data(line.utf8))
            #expect(picture["agents"].items.count == 3)
            #expect(picture["purges"].items.contains { $0["id"].text == id })

            // On a terminal it draws on another screen, and leaves the first as it was.
            let screen = try await shell(
                #"printf q | script -qec "stty rows 24 cols 100; '$0' watch; echo left \$?; stty -a" /dev/null"#)
            let entered = try screen.firstRange(of: "\u{1B}[?1049h").required
            let left = try screen.firstRange(of: "\u{1B}[?1049l").required
            let drawn = screen[entered.upperBound..<left.lowerBound]
            #expect(drawn.contains("/3 agents live") && drawn.contains("edge-3") && drawn.contains(id.prefix(8)))
            #expect(screen[left.upperBound...].contains("left 0") && screen[left.upperBound...].contains(" icanon"))
        }

        private func shell(_ script: String) async throws -> String {
            let result = try await Subprocess.run(
                .path("/bin/bash"), arguments: ["-c", script, Program.path],
                environment: .inherit.updating(["EDGE_PURGE_CONTROL": try environment.ready.control, "TERM": "xterm"]),
                input: .none, output: .string(limit: 1 << 20), error: .discarded)
            return result.standardOutput
        }

        @Test func `a control plane with a certificate of its own is trusted when that is asked for`() async throws {
            try await SecondControlPlane.withFolder(of: environment) { second in
                let certificate = second.folder + "/cert.pem"
                let other = second.folder + "/other.pem"
                let key = second.folder + "/key.pem"
                try await SelfSignedCertificate.make(certificate: other, key: key)
                try await SelfSignedCertificate.make(certificate: certificate, key: key)
                let token = try await second.token("reader", "read")
                try await second.run(settings: ["listen.tls.certificate=\(certificate)", "listen.tls.key=\(key)"]) {
                    url in
                    let variables = ["EDGE_PURGE_CONTROL": url, "EDGE_PURGE_TOKEN": token]
                    try await eventually("it knows the agents") {
                        let agents = try await Program.run("agents", "--ca", certificate, environment: variables)
                        #expect(agents.status == 0, "\(agents)")
                        return agents.output.contains("edge-3")
                    }
                    let trusting = variables.merging(["EDGE_PURGE_CA": certificate]) { $1 }
                    #expect(try await Program.run("agents", environment: trusting).status == 0)
                    for arguments in [["agents"], ["agents", "--ca", other]] {
                        let refused = try await Program.run(arguments, environment: variables)
                        #expect(
                            refused.status == 1 && refused.errors.contains("certificate is not trusted"), "\(refused)")
                        #expect(refused.errors.contains("--ca"))
                    }
                }
            }
        }

        @Test func `an unreachable control plane is said plainly`() async throws {
            let outcome = try await Program.run(
                "agents", environment: ["EDGE_PURGE_CONTROL": "http://127.0.0.1:1"])
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("http://127.0.0.1:1"))
        }
    }
}
