import PurgeModel

extension UpkeepAnswer.Task {
    /// A task as it is now.
    init(_ task: UpkeepTask) {
        self.init(
            id: task.id, kind: .init(task.kind), state: .init(task.state), acceptedAt: task.acceptedAt,
            endedAt: task.endedAt, handled: task.handled, report: task.report.map(VerificationAnswer.init))
    }
}

extension UpkeepAnswer.Kind {
    fileprivate init(_ kind: UpkeepTask.Kind) {
        self =
            switch kind {
            case .verify: .verify
            case .rebuild: .rebuild
            case .flush: .flush
            }
    }
}

extension UpkeepAnswer.State {
    fileprivate init(_ state: UpkeepTask.State) {
        self =
            switch state {
            case .waiting: .waiting
            case .running: .running
            case .done: .done
            }
    }
}

extension VerificationAnswer {
    /// What a comparison of index and disk found.
    init(_ report: VerificationReport) {
        self.init(
            unindexedFiles: report.unindexedFiles, vanishedFiles: report.vanishedFiles,
            replacedFiles: report.replacedFiles, incompleteObjects: report.incompleteObjects,
            danglingEntries: report.danglingEntries, unusedNames: report.unusedNames,
            notCompared: report.notCompared)
    }
}
