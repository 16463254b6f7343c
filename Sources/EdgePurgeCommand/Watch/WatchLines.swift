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
    /// - Throws: `CommandFailure` when the first look fails; later ones are told on standard error and tried again.
    func run() async throws {
        var isFirst = true
        while true {
            do throws(CommandFailure) {
                let picture = try await WatchPicture.ask(client)
                isFirst = false
                guard Terminal.writeRaw(text(of: picture) + "\n") else { return }
            } catch {
                if isFirst { throw error }
                Terminal.complain(error.message)
            }
            try await Task.sleep(for: interval)
        }
    }

    private func text(of picture: WatchPicture) -> String {
        if wantsJSON { return picture.json }
        return ([WatchPicture.clock(picture.at) + "  " + picture.summary] + picture.problems).joined(separator: "; ")
    }
}
