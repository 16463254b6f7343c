import LinuxFiles
import Logging
import PurgeModel

/// Tells what ``LateFillKeeper`` has purged again, and what it could not.
struct LateFillReport {
    private let context: FilesContext

    init(_ context: FilesContext) { self.context = context }

    /// Takes note of a late response that could not be changed, or that none is left.
    func tell(_ error: FileError?) {
        let isTold = context.board.hasProblem(.guards)
        guard error != nil || isTold else { return }
        if let error, !isTold {
            context.logger.error(
                "an old response that landed after its purge cannot be changed; trying again",
                metadata: ["problem": "\(error)"])
        }
        context.board.set(problem: error.map { "\($0)" }, of: .guards)
    }

    /// Counts an object that was purged again.
    func tell(_ removal: FillGuard.Removal, _ record: ObjectRecord) {
        let late = max(0, context.clock.now.milliseconds - removal.landed)
        context.board.guardRemoved(
            isStale: removal.reason == .stale, bytes: Int64(record.sizeKiB) * 1024, visible: .milliseconds(late))
    }

    /// Tells how the guards stand.
    func tell(_ fills: FillGuard, _ log: FetchLog) {
        context.board.tellGuard { told in
            told.standing = fills.table.count
            told.coarse = fills.table.coarseCount
            told.provenFresh = fills.provenFresh
            told.badLogLines = log.badLines
            told.logProblem = log.problem
        }
        // While nothing guards nobody reads the log, and it costs nothing.
        context.board.set(problem: fills.table.isEmpty ? nil : log.formatProblem, of: .accessLog)
    }
}
