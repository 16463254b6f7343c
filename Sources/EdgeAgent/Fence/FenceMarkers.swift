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

    /// Takes the fence file for one agent, so that no other lifts its fence, and the marker, where it has one.
    ///
    /// - Throws: `AgentError` when another agent has one of them.
    static func lock(_ configuration: AgentConfiguration) throws(AgentError) -> [FileLock] {
        let fence = try lock(configuration.fence).map { [$0] } ?? []
        guard let marker = configuration.ask.keptMarker else { return fence }
        do {
            return try fence + (lock("ask.marker", marker).map { [$0] } ?? [])
        } catch {
            for lock in fence { lock.release() }
            throw error
        }
    }

    /// Takes the fence file alone; nil when it cannot be locked for another reason, which setting the fence will tell.
    static func lock(_ fence: FenceConfiguration) throws(AgentError) -> FileLock? {
        try lock("fence.file", fence.file)
    }

    private static func lock(_ key: String, _ path: String) throws(AgentError) -> FileLock? {
        do throws(FileError) {
            try makeDirectory(of: MarkerFile(path: path))
            return try FileLock(path: path + ".lock")
        } catch {
            guard error.isLocked else { return nil }
            throw AgentError(
                "another agent uses '\(path)' as \(key), and each would remove the other's: give each agent a \(key) "
                    + "of its own, and name it in the nginx configuration of its caches")
        }
    }

    /// Makes the directory of the fence file.
    static func makeDirectory(of file: MarkerFile) throws(FileError) {
        let directory = URL(filePath: file.path).deletingLastPathComponent().path
        try NewDirectory.make(
            directory, advice: "Make it, owned by the user of the agent, or set fence.file (or fence.mode: off)")
    }

    /// Makes the fence file, and before it the one without which nginx does not look for it where it asks.
    ///
    /// - Throws: why one of them cannot be made. The fence is made all the same: servers that do not ask see it.
    static func make(_ file: MarkerFile, after marker: AskMarker) throws(FileError) {
        var failure: FileError?
        do throws(FileError) { try marker.require(.fence) } catch { failure = error }
        try makeDirectory(of: file)
        try file.make()
        if let failure { throw failure }
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
        try make(MarkerFile(path: fence.file), after: AskMarker(configuration.ask))
        return true
    }
}
