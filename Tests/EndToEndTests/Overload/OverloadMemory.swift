import Foundation
import TestSupport

/// The resident memory of an agent and of the control plane, in bytes.
struct OverloadMemory {
    let agent: Int
    let control: Int

    /// Reads it off /proc; what does not run has none.
    init(_ environment: DevEnvironment) throws {
        let processes = try environment.processIDs()
        agent = processes.agents.values.map(Self.resident).max() ?? 0
        control = processes.control.map(Self.resident) ?? 0
    }

    private static func resident(_ process: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * Int(getpagesize()) } ?? 0
    }
}
