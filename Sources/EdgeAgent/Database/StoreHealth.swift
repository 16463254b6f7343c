import Foundation
import LinuxFiles
import RocksDB

/// Decides, of each error that stops the agent, whether the database has to be opened anew.
struct StoreHealth: Sendable {
    /// The state directory.
    let directory: String
    /// What has to be free before the database can be opened.
    let reserveBytes: Int

    /// Enough that a write of RocksDB has a chance, little enough to be tried twice a second.
    private static let probeBytes = 1 << 20

    /// Returns for everything that may work at the next try.
    ///
    /// `.lowSpace` is one of those: nothing has failed yet.
    ///
    /// A full or read-only disk is waited for: RocksDB goes on by itself only after some of these failures, so as soon
    /// as the directory takes data again, the database is to be opened anew. Meanwhile the agent goes on telling its
    /// state.
    func judge(_ error: any Error) throws(StoreFailure) {
        if let damage = StoreFailure(damage: error) { throw damage }
        guard let error = error as? RocksDBError, [.ioError, .noSpace, .other].contains(error.code) else { return }
        guard takesData() else { return }
        throw StoreFailure(.refusesWrites, error.description)
    }

    private func takesData() -> Bool {
        if let space = try? Volume.space(at: directory), space.freeBytes < Int64(reserveBytes) { return false }
        let path = directory + "/probe"
        do throws(FileError) {
            try SmallFile.replace(path, with: [UInt8](repeating: 0, count: Self.probeBytes))
        } catch {
            return false
        }
        return (try? FileManager.default.removeItem(atPath: path)) != nil
    }
}
