import Foundation
import TestSupport

/// A file of tokens for a control plane of a test's own.
struct TokenFile: Sendable {
    let path: String

    /// Makes a token for everything that the permission allows.
    func make(_ name: String, _ permission: String) async throws -> String {
        let zones = permission == "cache_purge" ? ["--zone", "*"] : []
        let outcome = try await Program.run(
            ["token", "create", name, "--permission", permission] + zones + ["--tokens-file", path, "--json"])
        guard outcome.status == 0 else { throw NeverHappened(what: "a token was made: \(outcome)") }
        return try JSONDecoder().decode(JSONValue.self, from: Data(outcome.output.utf8))["token"].text.required
    }
}
