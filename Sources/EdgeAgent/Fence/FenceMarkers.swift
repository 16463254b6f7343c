import Foundation
import LinuxFiles
import PurgeModel

/// The marker files of the fence in the state directory, and what may be done with the fence while no agent runs.
package enum FenceMarkers {
    /// There when purges may have been confirmed without this agent.
    static func countedOut(_ stateDirectory: String) -> MarkerFile {
        MarkerFile(path: stateDirectory + "/fence.counted_out")
    }

    /// There when a person holds the fence.
    static func held(_ stateDirectory: String) -> MarkerFile {
        MarkerFile(path: stateDirectory + "/fence.held")
    }

    /// Takes the fence file for one agent, so that no other lifts its fence; nil when it cannot be locked for another
    /// reason, which setting the fence will tell.
    ///
    /// - Throws: `AgentError` when another agent has it.
    static func lock(_ fence: FenceConfiguration) throws(AgentError) -> FileLock? {
        do throws(FileError) {
            try makeDirectory(of: MarkerFile(path: fence.file))
            return try FileLock(path: fence.file + ".lock")
        } catch {
            guard error.isLocked else { return nil }
            throw AgentError(
                "another agent uses the fence file '\(fence.file)', and each would lift the other's fence: give each "
                    + "agent a fence.file of its own, and name it in the nginx configuration of its caches")
        }
    }

    /// Makes the directory of the fence file.
    static func makeDirectory(of file: MarkerFile) throws(FileError) {
        let directory = URL(filePath: file.path).deletingLastPathComponent().path
        try NewDirectory.make(
            directory, advice: "Make it, owned by the user of the agent, or set fence.file (or fence.mode: off)")
    }

    /// The moments at which systemd sets the fence, because no agent can.
    package enum Moment: String, Sendable, CaseIterable {
        /// The machine has started, nginx has not.
        case boot
        /// The agent has ended, in whatever way.
        case stop
    }

    /// Sets the fence at such a moment where the mode asks for it; answers whether it did.
    ///
    /// - Throws: why the file cannot be made, or that it is the file of another agent, which runs.
    package static func set(at moment: Moment, _ configuration: AgentConfiguration) throws -> Bool {
        let lock = try lock(configuration.fence)
        defer { lock?.release() }
        return try setLocked(at: moment, configuration)
    }

    /// The same for whoever has the lock.
    static func setLocked(at moment: Moment, _ configuration: AgentConfiguration) throws -> Bool {
        let fence = configuration.fence
        let isHeld =
            try held(configuration.stateDirectory).isThere || countedOut(configuration.stateDirectory).isThere
        let isDue =
            switch moment {
            case .boot: fence.mode >= .start
            case .stop: fence.mode >= .behind
            }
        guard isDue || isHeld else { return false }
        let file = MarkerFile(path: fence.file)
        try makeDirectory(of: file)
        try file.make()
        return true
    }
}
