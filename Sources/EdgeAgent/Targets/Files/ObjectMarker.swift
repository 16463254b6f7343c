import LinuxFiles
import PurgeModel
import Threads

/// Marks objects deleted or stale, on several threads where there are many.
struct ObjectMarker: Sendable {
    private let context: FilesContext

    /// Fewer are marked on the thread of the caller.
    private static let manyObjects = 64

    init(_ context: FilesContext) { self.context = context }

    /// What became of each object, in the order given.
    ///
    /// - Throws: what has nothing to do with a file: the database.
    func mark(_ records: [ObjectRecord], _ mode: PurgeMode) throws -> [Marking] {
        let markings = try markings(records, mode)
        if mode == .delete {
            context.space.deleted(
                zip(records, markings).lazy.filter(\.1.isPurged).map { ($0.0.key, $0.0.sizeKiB) })
        }
        return markings
    }

    private func markings(_ records: [ObjectRecord], _ mode: PurgeMode) throws -> [Marking] {
        let now = context.clock.now.milliseconds / 1000
        // Looked up once, and not by every thread for every object.
        let numbers = Set(records.map(\.key.cache))
        let caches = Dictionary(uniqueKeysWithValues: numbers.map { ($0, context.caches.lookup($0)) })
        let one = { @Sendable (record: ObjectRecord, buffer: inout [UInt8]) throws -> Marking in
            switch caches[record.key.cache] ?? .unknown {
            case .closed: return .closed
            case .unknown: return .done(.absent)
            case .open(let cache):
                do {
                    return .done(
                        try cache.mark(record.key, date: record.date, mode: mode, now: now, buffer: &buffer) {
                            try context.index.entry(record.key)?.generation
                        })
                } catch let error as FileError {
                    return .failed(error)
                }
            }
        }
        guard records.count >= Self.manyObjects else {
            var buffer: [UInt8] = []
            return try records.map { try one($0, &buffer) }
        }
        return try ParallelMap.map(records, threads: context.settings.fileThreads) { records in
            var buffer: [UInt8] = []
            return try records.map { try one($0, &buffer) }
        }
    }
}
