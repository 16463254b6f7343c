import Foundation
import Subprocess

/// A file of settings where the package puts it, with the unit that reads it.
///
/// The package brings the files of agent and control plane to each machine; which of the two a machine is, is seen by
/// what was done with them.
struct StandardFile: Sendable {
    let path: String
    let unit: String

    static let agent = StandardFile(path: "/etc/edge-purge/agent.yaml", unit: "edge-purge-agent")
    static let control = StandardFile(path: "/etc/edge-purge/control.yaml", unit: "edge-purge-control")

    /// Its path, where this machine is to use it; else nil.
    func usedPath() async -> String? { await isUsed() ? path : nil }

    /// Whether it is there, and somebody has changed it, or its unit is enabled or runs.
    private func isUsed() async -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        if await run("systemctl", ["is-enabled", "--quiet", unit]) != nil { return true }
        if await run("systemctl", ["is-active", "--quiet", unit]) != nil { return true }
        // It names files of the package that are not as it brought them. Without the package somebody wrote it.
        guard let changed = await run("dpkg", ["--verify", "edge-purge"]) else { return true }
        return changed.split(separator: "\n").contains { $0.hasSuffix(" \(path)") }
    }

    /// What a program prints; nil where it is not there, or says no.
    private func run(_ program: String, _ arguments: [String]) async -> String? {
        let result = try? await Subprocess.run(
            .name(program), arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 20),
            error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        return result.standardOutput
    }
}
