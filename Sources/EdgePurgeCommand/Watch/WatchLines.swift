import Foundation

/// `edge-purge watch` where nobody looks at a screen: a line for each look, until nobody reads any more.
struct WatchLines {
    /// Whom to ask.
    var client: ControlClient
    /// Time between two looks.
    var interval: Duration
    /// Whether each line is JSON.
    var wantsJSON: Bool

    /// Writes until it is interrupted or standard output is closed.
    ///
    /// Looks that fail have a line too: a log has to show when nothing was seen.
    ///
    /// - Throws: `CommandFailure` when the first answer is a refusal; later ones, and nobody there, are tried again.
    func run() async throws {
        var isFirst = true
        while true {
            let at = Date.now
            let line: String
            do throws(CommandFailure) {
                line = text(of: try await WatchPicture.ask(client))
                isFirst = false
            } catch {
                if isFirst, !error.isConnection { throw error }
                line = try text(of: error, at: at)
            }
            guard Terminal.writeRaw(line + "\n") else { return }
            try await Task.sleep(for: interval)
        }
    }

    /// The line of a look.
    func text(of picture: WatchPicture) -> String {
        if wantsJSON { return picture.json }
        let head = picture.at.formatted(.iso8601) + "  " + picture.summary
        return ([head] + picture.problems).joined(separator: "; ")
    }

    /// The line of a look that failed.
    func text(of failure: CommandFailure, at: Date) throws -> String {
        let (time, problem) = (at.formatted(.iso8601), TextTable.printable(failure.firstLine))
        if !wantsJSON { return "\(time)  \(problem)" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(["at": time, "problem": problem]), as: UTF8.self)
    }
}
