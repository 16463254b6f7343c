internal import Foundation

/// The file that names the agents that are expected, one a line, each with its region after it where wanted.
enum RosterFile {
    /// Lines of a roster; 10,000 agents are the most that this was measured with.
    private static let agentsMax = 100_000

    /// Reads a roster: names, and the regions of those that have one.
    ///
    /// Blocks. Throws ``ControlPlaneError`` when it cannot be read, or a line makes no sense.
    static func read(path: String) throws -> [String: String?] {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw ControlPlaneError("the roster '\(path)' (agents.roster) cannot be read: \(error)")
        }
        return try parse(text, path: path)
    }

    /// Takes a roster apart; `#` begins a comment.
    static func parse(_ text: String, path: String) throws(ControlPlaneError) -> [String: String?] {
        var roster: [String: String?] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = words.first else { continue }
            let place = "line \(index + 1) of the roster '\(path)'"
            guard words.count <= 2 else {
                throw ControlPlaneError("\(place) has \(words.count) words; write the name of an agent, and its region")
            }
            guard roster.updateValue(words.count == 2 ? words[1] : nil, forKey: name) == nil else {
                throw ControlPlaneError("\(place) names agent '\(name)' again; each stands there once")
            }
            guard roster.count <= agentsMax else {
                throw ControlPlaneError("\(place): more than \(agentsMax) agents are not supported")
            }
        }
        return roster
    }
}
