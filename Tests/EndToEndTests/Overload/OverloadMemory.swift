import Foundation
import TestSupport

/// The resident memory of an agent and of the control plane, in bytes.
struct OverloadMemory {
    let agent: Int
    let control: Int

    /// Reads it off /proc; what does not run has none.
    init(_ environment: DevEnvironment) throws {
        let processes = try environment.processIDs()
        agent = processes.agents.values.map(ProcessMemory.resident).max() ?? 0
        control = processes.control.map(ProcessMemory.resident) ?? 0
    }
}
