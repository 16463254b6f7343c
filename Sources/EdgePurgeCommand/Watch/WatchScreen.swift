import LinuxFiles
import PurgeModel

/// Lays out a picture for a terminal of a given size.
struct WatchScreen {
    /// How a row looks.
    private enum Tone {
        case good, passing, bad
    }

    /// The control plane's address.
    var address: String
    /// How it is coloured.
    var style: Style

    /// Lines that are not rows of a table: head, problem, two titles, two gaps, the last one.
    private static let fixedRows = 7
    private static let help = "q or Ctrl-C ends"

    /// As many lines as the terminal has, at most, none longer than it is wide.
    ///
    /// - Parameters:
    ///   - problem: Why nothing newer could be had; then the picture is drawn faint, for it is old.
    func lines(of picture: WatchPicture, problem: String?, size: TerminalSize) -> [String] {
        let room = max(2, size.rows - Self.fixedRows)
        // Agents may take half of the room, and what the purges leave.
        let purgesWanted = min(picture.purges.count, room)
        let agentsShown = min(picture.agents.count, max(room / 2, room - purgesWanted))
        let purgesShown = min(purgesWanted, max(0, room - agentsShown))
        var lines: [String] = [
            style.strong(cut("EdgePurge  \(address)  \(WatchPicture.clock(picture.at))", size)),
            problem.map { style.bad(cut(oneLine($0), size)) } ?? cut(picture.summary, size),
            "",
        ]
        lines += rows(
            Self.agents(picture.agents.prefix(agentsShown)), of: picture.agents.count, isOld: problem != nil, size
        ) { row in
            let health = picture.agents[row].health
            return health.isBad ? .bad : health.isPassing ? .passing : .good
        }
        lines.append("")
        lines += rows(
            Self.purges(picture.purges.prefix(purgesShown)), of: purgesShown, isOld: problem != nil, size
        ) { row in
            let purge = picture.purges[row]
            return purge.isConfirmed ? .good : purge.stateWord == "STUCK" ? .bad : .passing
        }
        lines.append(style.faint(cut(Self.help, size)))
        return Array(lines.prefix(size.rows))
    }

    private static func agents(_ agents: some Sequence<AgentList.Agent>) -> TextTable {
        AgentsListCommand.table(of: Array(agents))
    }

    private static func purges(_ purges: some Sequence<PurgeStatus>) -> TextTable {
        var table = TextTable([
            .left("PURGE"), .left("STATE"), .right("AGENTS"), .right("TOOK"), .left("ACCEPTED (UTC)"), .left("WHAT"),
        ])
        for purge in purges {
            table.add([
                String(purge.id.prefix(8)), purge.stateWord, "\(purge.agents.done)/\(purge.agents.expected)",
                purge.tookText, String(purge.acceptedText.suffix(8)), purge.selectors.summary,
            ])
        }
        return table
    }

    /// The title with how many rows were left out, then the rows, each in the colour of its state.
    private func rows(
        _ table: TextTable, of count: Int, isOld: Bool, _ size: TerminalSize, tone: (Int) -> Tone
    ) -> [String] {
        var lines = table.rendered().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let title = lines.removeFirst()
        let left = count - lines.count
        let more = left > 0 ? "   (\(left) more)" : ""
        let drawn = lines.enumerated().map { row, line in
            let text = cut(line, size)
            return isOld ? style.faint(text) : painted(text, tone(row))
        }
        return [style.faint(cut(title + more, size))] + drawn
    }

    private func painted(_ text: String, _ tone: Tone) -> String {
        switch tone {
        case .good: text
        case .passing: style.warn(text)
        case .bad: style.bad(text)
        }
    }

    private func cut(_ line: String, _ size: TerminalSize) -> String {
        line.count <= size.columns ? line : line.prefix(max(0, size.columns - 1)) + "…"
    }

    private func oneLine(_ text: String) -> String {
        TextTable.printable(String(text.prefix { $0 != "\n" }))
    }
}
