import Foundation
import LinuxFiles
import Logging

/// The agent's state directory: a lock, one RocksDB with index, queue and offsets, and beside it who the machine is
/// and the file with the positions.
struct AgentStore {
    let lock: FileLock
    /// Who this machine is.
    let machine: String
    let database: AgentDatabase
    let replay: ReplayWindow

    /// Opens the state directory, and makes it if it is not there.
    ///
    /// Afterwards the queue begins where everything before it is certain to have been applied, and to be on the disk.
    ///
    /// - Throws: `StoreFailure` for a database that is damaged or cannot be used now; else what is wrong, and what to
    ///   do.
    static func open(_ configuration: AgentConfiguration, logger: Logger) throws -> AgentStore {
        let directory = configuration.stateDirectory
        let advice = "Make it, owned by the user of the agent, or set agent.state_directory"
        try NewDirectory.make(directory, advice: advice)
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock(path: directory + "/lock")
        } catch {
            guard error.isLocked else {
                throw AgentError("the state directory '\(directory)' cannot be used: \(error). \(advice)")
            }
            throw AgentError("another agent uses the state directory '\(directory)': give each agent one of its own")
        }
        let machine: String
        let database: AgentDatabase
        do {
            machine = try MachineIdentity.read(in: directory)
            database = try AgentDatabase(
                path: directory + "/db", blockCacheBytes: configuration.blockCacheBytes,
                reserveBytes: configuration.stateReserveBytes)
        } catch {
            lock.release()
            throw error
        }
        do {
            let replay = try prepare(database, configuration, clock: SystemClock(), logger: logger)
            return AgentStore(lock: lock, machine: machine, database: database, replay: replay)
        } catch {
            database.close()
            lock.release()
            throw error
        }
    }

    /// Closes the database and gives the directory free.
    func close() {
        database.close()
        lock.release()
    }

    /// Brings queue and positions together.
    static func prepare(
        _ database: AgentDatabase, _ configuration: AgentConfiguration, clock: any AgentClock, logger: Logger
    ) throws -> ReplayWindow {
        let directory = configuration.stateDirectory
        let path = directory + "/positions"
        let bootID = bootID(configuration.bootIDFile)
        let file = PositionsFile(path: path)
        if !database.isNew {
            try goBack(database, file, bootID: bootID, logger: logger)
        } else if FileManager.default.fileExists(atPath: path) || !DamagedDatabases(directory).names().isEmpty {
            // A new database where there was one before: it was damaged, or somebody removed it.
            try database.write(sync: true) { PurgeQueue.recover(file?.partitions, database, into: &$0) }
            logger.notice(
                "the database is new; what the lost one may have missed is read from Kafka again",
                metadata: ["positions": "\(file == nil ? "unknown" : "known")"]
            )
        }
        let replay = ReplayWindow(
            path: path, bootID: bootID, window: configuration.replayWindow, settled: file?.partitions ?? []
        )
        // Not clean any more, before anything is applied.
        try replay.note([], now: clock.instant)
        return replay
    }

    /// Sets the queue back if the machine went down, and the file system may have lost what the queue takes for done.
    private static func goBack(
        _ database: AgentDatabase, _ file: PositionsFile?, bootID: String, logger: Logger
    ) throws {
        guard let file else {
            logger.error("the file 'positions' is lost or damaged: nobody knows which purges have to be applied again")
            return try PurgeQueue.rewind(database, to: [], always: true)
        }
        let isAfterPowerLoss = !file.isClean && file.bootID != bootID
        if isAfterPowerLoss {
            logger.notice("the machine went down without a clean stop; the last purges are applied once more")
            try database.write(sync: true) { change in
                for (cache, flush) in try database.meta.flushes.all() {
                    database.meta.flushes.put(cache, CacheFlush(mode: flush.mode), into: &change)
                }
                for (cache, directory) in try database.meta.directories.all() {
                    var directory = directory
                    directory.lostPower()
                    database.meta.directories.put(cache, directory, into: &change)
                }
            }
        }
        try PurgeQueue.rewind(database, to: file.partitions, always: isAfterPowerLoss)
    }

    /// Where it cannot be read every start counts as one after a power loss.
    private static func bootID(_ path: String) -> String {
        guard let bytes = FileManager.default.contents(atPath: path), !bytes.isEmpty else { return UUID().uuidString }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
