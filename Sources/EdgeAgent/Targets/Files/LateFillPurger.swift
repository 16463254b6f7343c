import LinuxFiles
import PurgeModel

/// Purges again what ``FillGuard`` has found to be old, or may be.
struct LateFillPurger {
    private let context: FilesContext
    private let marker: ObjectMarker
    private let report: LateFillReport

    init(_ context: FilesContext, _ marker: ObjectMarker, _ report: LateFillReport) {
        self.context = context
        self.marker = marker
        self.report = report
    }

    /// Purges files again, and takes note of it; one that cannot be changed does not keep the others.
    ///
    /// - Returns: those.
    func purge(
        _ removals: [FillGuard.Removal], _ fills: inout FillGuard, _ commit: inout IndexCommit,
        _ marks: inout MarkKeeper
    ) throws -> Set<ObjectKey> {
        guard !removals.isEmpty else { return [] }
        let entries = try removals.map { try context.index.entry($0.key) }
        let records = Dictionary(
            uniqueKeysWithValues: try context.index.records(Array(Set(entries.compactMap { $0?.object })))
                .map { ($0.id, $0.record) })
        var removed: [ObjectID: ObjectRecord] = [:]
        var done: [(removal: FillGuard.Removal, record: ObjectRecord?)] = []
        var failed: Set<ObjectKey> = []
        var problem: FileError?
        for mode in [PurgeMode.delete, .invalidate] {
            var objects: [(removal: FillGuard.Removal, id: ObjectID, record: ObjectRecord)] = []
            for (removal, entry) in zip(removals, entries) where removal.mode == mode {
                if let entry, let record = records[entry.object] {
                    objects.append((removal, entry.object, record))
                } else {
                    done.append((removal, nil))
                }
            }
            let markings = try marker.mark(objects.map(\.record), mode)
            for ((removal, id, record), marking) in zip(objects, markings) {
                if marking.removes(mode) { removed[id] = record }
                if mode == .delete, marking.isPurged { marks.note(CollectionOfOne(removal.key)) }
                if case .failed(let error) = marking {
                    failed.insert(removal.key)
                    problem = problem ?? error
                    fills.failed(removal, context.now)
                } else {
                    done.append((removal, marking.isPurged ? record : nil))
                }
            }
        }
        if !removed.isEmpty { try commit.write { $0.remove(removed, from: &$1) } }
        for (removal, record) in done {
            if let record { report.tell(removal, record) }
            fills.removed(removal)
        }
        if let problem { report.tell(problem) }
        return failed
    }
}
