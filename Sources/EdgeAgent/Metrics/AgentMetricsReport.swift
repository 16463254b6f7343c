import LinuxFiles
import PrometheusText
import PurgeModel

/// Writes the metrics of an agent as they are now.
struct AgentMetricsReport: Sendable {
    let reporter: AgentReporter
    let index: Index
    let caches: CacheSet

    /// The text for a scrape.
    ///
    /// - Throws: what the database says when it cannot be read.
    func text() throws -> String {
        var writer = MetricWriter()
        writeState(&writer)
        try writeProgress(&writer)
        writePurges(&writer)
        writeIndex(&writer)
        writeKafka(&writer)
        ProcessMetrics.write(into: &writer)
        return writer.text
    }

    private var board: AgentStatusBoard { reporter.board }

    private func writeState(_ writer: inout MetricWriter) {
        let who = [reporter.agent, reporter.software, reporter.region ?? "", caches.watcherKind?.rawValue ?? "none"]
        writer.write(AgentMetrics.info, [(who, 1)])
        writer.writeStates(
            AgentMetrics.status, AgentStatus.allCases.map(\.rawValue), current: reporter.status.rawValue)
        let problems = board.problems
        writer.write(
            AgentMetrics.problem,
            [
                (["files"], problems.worker != nil), (["kafka"], problems.intake != nil),
                (["fence"], problems.fence != nil),
            ])
        writer.write(AgentMetrics.scanning, board.isScanning)
        let fence = reporter.fence()
        writer.write(AgentMetrics.fenced, fence.isFenced)
        writer.writeStates(
            AgentMetrics.fenceReason, FenceReason.allCases.map(\.rawValue), current: fence.reason?.rawValue ?? "")
        writer.writeStates(AgentMetrics.fenceMode, FenceMode.allCases.map(\.rawValue), current: fence.mode.rawValue)
        // Declared before there is anything to tell.
        writer.write(
            AgentMetrics.clockAhead,
            board.clock.map { [(labels: [], value: Double($0.ahead.wholeMilliseconds) / 1000)] } ?? [])
    }

    private func writeProgress(_ writer: inout MetricWriter) throws {
        let queue = reporter.queue
        let progress = queue.progress()
        func write(_ metric: Metric, _ value: (PartitionProgress) -> Int64) {
            writer.write(metric, progress.map { (["\($0.partition)"], value($0)) })
        }
        write(AgentMetrics.appliedOffset, \.applied)
        write(AgentMetrics.queuedOffset, \.queued)
        write(AgentMetrics.highWatermark, \.highWatermark)
        write(AgentMetrics.lag, \.lag)
        writer.write(AgentMetrics.oldestUnapplied, try queue.oldestWait(now: reporter.clock.now))
        writer.write(AgentMetrics.queueEntries, queue.count)
        writer.write(AgentMetrics.queueEntriesMax, queue.entriesMax)
        writer.write(AgentMetrics.tierWaiting, queue.tier?.waiting ?? 0)
    }

    private func writePurges(_ writer: inout MetricWriter) {
        let counts = board.counts
        writer.write(AgentMetrics.purges, board.counters.purges.values)
        writer.write(AgentMetrics.applyDuration, board.counters.applyDuration.snapshot)
        writer.write(AgentMetrics.objectsRemoved, counts.objectsRemoved)
        writer.write(AgentMetrics.bytesRemoved, counts.bytesRemoved)
        writer.write(AgentMetrics.guardRemoved, counts.guardRemoved)
        let guards = board.guardStatus
        writer.write(AgentMetrics.guards, guards.standing)
        writer.write(AgentMetrics.coarseGuards, guards.coarse)
        writer.write(AgentMetrics.guardUnproven, guards.removedUnproven)
        writer.write(AgentMetrics.guardKept, guards.provenFresh)
        writer.write(AgentMetrics.guardBadLines, guards.badLogLines)
        writer.write(AgentMetrics.lateFillVisible, board.counters.lateFillVisible.snapshots)
        writer.write(AgentMetrics.answers, board.counters.answers.values)
        writer.write(AgentMetrics.waiting, board.counters.waiting)
        writer.write(AgentMetrics.waits, board.counters.waits.values)
        writer.write(AgentMetrics.flushes, counts.flushes)
        writer.write(AgentMetrics.deadLetters, counts.deadLetters)
        let letters = reporter.queue.refused.summary
        writer.write(AgentMetrics.lettersWaiting, letters.count)
        writer.write(AgentMetrics.lettersWaitingBytes, letters.bytes)
        writer.write(AgentMetrics.lettersCut, board.counters.lettersCut.value)
        writer.write(AgentMetrics.errors, counts.errors)
    }

    private func writeIndex(_ writer: inout MetricWriter) {
        let counts = board.counts
        writer.write(AgentMetrics.objects, counts.objectsIndexed)
        writer.write(AgentMetrics.objectBytes, counts.bytesIndexed)
        writer.write(AgentMetrics.unmatched, counts.unmatched)
        let censuses = board.censuses
        writer.write(AgentMetrics.checkedFiles, censuses.reduce(0) { $0 + $1.files })
        writer.write(AgentMetrics.oddHostFiles, censuses.reduce(0) { $0 + $1.oddHosts })
        writer.write(AgentMetrics.unusedKeys, censuses.reduce(0) { $0 + $1.unusedKeys.count })
        writer.write(AgentMetrics.skippedFiles, byReason(board.skippedFiles))
        let tagLoss = board.tagLoss
        writer.write(AgentMetrics.droppedTags, byReason(tagLoss.dropped))
        writer.write(AgentMetrics.unreadableHeads, byReason(tagLoss.heads))
        let space = board.space
        writer.write(AgentMetrics.reclaimedFiles, space.files)
        writer.write(AgentMetrics.reclaimedBytes, space.bytes)
        writer.write(AgentMetrics.reclaimWaitingFiles, space.waitingFiles)
        writer.write(AgentMetrics.reclaimWaitingBytes, space.waitingBytes)
        writer.write(AgentMetrics.reclaimGivenUp, space.givenUp)
        writer.write(AgentMetrics.watcherOverflows, board.counters.watcherOverflows.value)
        writer.write(AgentMetrics.repaired, counts.repaired)
        writer.write(AgentMetrics.foundLate, board.counters.foundLate.value)
        writer.write(AgentMetrics.undoneMarks, board.counters.undoneMarks.value)
        writer.write(AgentMetrics.databaseRebuilds, board.rebuilds)
        writer.write(AgentMetrics.databaseBytes, index.diskBytes())
        writer.write(AgentMetrics.databaseMemory, index.memoryBytes())
    }

    private func byReason(_ counts: [String: Int]) -> [([String], Int)] {
        counts.sorted { $0.key < $1.key }.map { ([$0.key], $0.value) }
    }

    private func writeKafka(_ writer: inout MetricWriter) {
        let counters = board.counters
        writer.write(AgentMetrics.kafkaErrors, counters.kafkaErrors.value)
        writer.write(AgentMetrics.acknowledgements, counters.acknowledgements.value)
        writer.write(AgentMetrics.acknowledgementFailures, counters.acknowledgementFailures.value)
        if let moment = counters.acknowledgedAt {
            writer.write(AgentMetrics.acknowledgedAt, Double(moment.milliseconds) / 1000)
        }
    }
}
