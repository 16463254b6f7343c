/// `POST /v1/verify`, `/v1/rebuild`, `/v1/flush` and `GET /v1/tasks/{id}` of an agent's admin API.
struct UpkeepProgress: Decodable {
    /// What `edge-purge verify` found, by kind.
    struct Report: Decodable {
        var unindexedFiles: Int
        var vanishedFiles: Int
        var replacedFiles: Int
        var incompleteObjects: Int
        var danglingEntries: Int
        var unusedNames: Int

        /// Differences that were repaired.
        var repaired: Int { unindexedFiles + vanishedFiles + replacedFiles + incompleteObjects + danglingEntries }
    }

    struct Task: Decodable {
        var id: Int
        /// `verify`, `rebuild` or `flush`.
        var kind: String
        /// `waiting`, `running` or `done`.
        var state: String
        var handled: Int
        var report: Report?
    }

    var task: Task
    /// What keeps the agent from going on.
    var problem: String?

    /// The live line.
    var line: String {
        let what = task.state == "waiting" ? "waiting" : "\(task.handled) handled"
        return "\(task.kind): \(what)\(problem.map { "; it can't go on: \($0)" } ?? "")"
    }
}
