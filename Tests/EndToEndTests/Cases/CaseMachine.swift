import Foundation
import TestSupport

/// One nginx of a test's own with an origin behind it, whose caches the first agent of an environment looks after.
struct CaseMachine {
    let origin: CaseOrigin
    let environment: DevEnvironment
    private let configuration: String

    private var cache: DevEnvironment.Cache { environment.ready.caches[0] }

    /// Runs `body` while all is up; the agent has its own configuration again after it.
    ///
    /// - Parameters:
    ///   - http: the lines of nginx's http block.
    ///   - caches: items under `caches` of agent.yaml.
    ///   - log: the access log that the agent reads; nil: none.
    static func with(
        _ environment: DevEnvironment, _ folder: TemporaryDirectory, seed: UInt64 = 0, http: String, caches: String,
        log: String? = nil, _ body: (CaseMachine) async throws -> Void
    ) async throws {
        let cache = environment.ready.caches[0]
        let original = try environment.configuration(of: cache)
        let configuration = try configuration(original, caches: caches, log: log)
        try await CaseOrigin.with(folder.path, seed: seed) { origin in
            try await RealNginx.with(folder, http: http) { _ in
                let machine = CaseMachine(origin: origin, environment: environment, configuration: configuration)
                do {
                    try await environment.restart(cache, with: configuration)
                    try await body(machine)
                } catch {
                    try? await environment.restart(cache, with: original)
                    throw error
                }
                try await environment.restart(cache, with: original)
            }
        }
    }

    /// agent.yaml of the environment with more caches.
    private static func configuration(_ text: String, caches: String, log: String?) throws -> String {
        guard let end = text.range(of: "fence:\n") else {
            throw NeverHappened(what: "agent.yaml has a fence behind its caches: \(text)")
        }
        let all = String(text[..<end.lowerBound]) + caches + text[end.lowerBound...]
        let lines = log.map { "guard:\n  access_log: \"\($0)\"\n" } ?? ""
        return all.replacing(/guard:\n  access_log: .*\n/, with: lines)
    }

    /// The agent dies, and another process takes over.
    func killAgent() async throws { try await environment.restart(cache, with: configuration, signal: SIGKILL) }

    /// What the agent tells of itself.
    func status() async throws -> JSONValue { try await environment.web.admin(cache, "/v1/status") }
}
