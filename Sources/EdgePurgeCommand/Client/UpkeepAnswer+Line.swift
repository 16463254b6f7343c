import PurgeModel

extension UpkeepAnswer {
    /// The live line.
    var line: String {
        let what = task.state == .waiting ? "waiting" : "\(task.handled) handled"
        return "\(task.kind.rawValue): \(what)\(problem.map { "; it cannot go on: \($0)" } ?? "")"
    }
}
