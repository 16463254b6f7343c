import LinuxFiles

/// The file that names the agents that are expected, one a line, each with its region after it where wanted.
package enum RosterFile {
    /// Lines of a roster; 10,000 agents are the most that this was measured with.
    private static let agentsMax = 100_000
    /// Far more than so many lines need.
    private static let bytesMax = 64 << 20

    /// Reads a roster: names, and the regions of those that have one.
    ///
    /// Blocks. Throws ``RosterError`` when it cannot be read, or a line makes no sense.
    package static func read(path: String) throws(RosterError) -> [String: String?] {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try SmallFile.read(path, bytesMax: bytesMax)
        } catch {
            throw RosterError("the roster cannot be read: \(error); agents.roster names the file")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RosterError("the roster '\(path)' (agents.roster) is not UTF-8 text")
        }
        return try parse(text, path: path)
    }

    /// Takes a roster apart; `#` begins a comment.
    static func parse(_ text: String, path: String) throws(RosterError) -> [String: String?] {
        var roster: [String: String?] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = words.first else { continue }
            let place = "line \(index + 1) of the roster '\(path)'"
            guard words.count <= 2 else {
                throw RosterError("\(place) has \(words.count) words; write the name of an agent, and its region")
            }
            guard roster.updateValue(words.count == 2 ? words[1] : nil, forKey: name) == nil else {
                throw RosterError("\(place) names agent '\(name)' again; each stands there once")
            }
            guard roster.count <= agentsMax else {
                throw RosterError("\(place): more than \(agentsMax) agents are not supported")
            }
        }
        return roster
    }
}
