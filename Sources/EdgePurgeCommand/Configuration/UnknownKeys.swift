/// Finds keys in a configuration that nobody has read, and says what may have been meant.
struct UnknownKeys {
    /// The keys that were read.
    let known: Set<String>
    /// Maps that may have any keys.
    let freeMaps: Set<String>

    /// What is wrong with the keys of a file and of flags.
    ///
    /// - Parameter place: where a key of the file stands, for the message.
    func problems(in file: FlatYAML, flags: [String], place: (String) -> String) -> [String] {
        var problems: [String] = []
        let sections = Set(known.flatMap(Self.sections))
        for (key, entry) in file.entries.sorted(by: { ($0.value.line, $0.key) < ($1.value.line, $1.key) }) {
            if isKnown(key) { continue }
            // An empty section (`kafka:` with everything below it commented out) says nothing.
            if entry.value == .nothing && sections.contains(key) { continue }
            if sections.contains(key) {
                problems.append("\(place(key))\(key) has to be a section: `\(key):`, and its keys below it, indented")
                continue
            }
            problems.append(unknown("\(place(key))unknown key \(key)", key))
        }
        for flag in flags where !isKnown(flag) { problems.append(unknown("--set \(flag): unknown key", flag)) }
        return problems
    }

    private func isKnown(_ key: String) -> Bool {
        known.contains(key) || freeMaps.contains { key.hasPrefix($0 + ".") }
    }

    private func unknown(_ sentence: String, _ key: String) -> String {
        if let nearest = NearestName.nearest(to: key, among: known) {
            return "\(sentence); did you mean \(nearest)?"
        }
        let section = key.prefix { $0 != "." } + "."
        let siblings = known.filter { $0.hasPrefix(section) }.sorted()
        if !siblings.isEmpty { return "\(sentence); known are: \(siblings.joined(separator: ", "))" }
        let sections = Set(known.map { String($0.prefix { $0 != "." }) }).sorted()
        return "\(sentence); the sections are: \(sections.joined(separator: ", "))"
    }

    private static func sections(of key: String) -> [String] {
        key.indices.filter { key[$0] == "." }.map { String(key[..<$0]) }
    }
}
