import EdgeAgent

/// The text of an agent.yaml, changed key by key so that what a person wrote beside them stays.
struct AgentFile {
    /// The text as it is now.
    private(set) var text: String
    /// Keys that could not be written into it, as lines to write by hand.
    private(set) var refused: [String] = []

    /// A file that has nothing yet but a head.
    static let empty = """
        # Written by edge-purge setup from nginx's configuration; run it again when that has changed. What is written here
        # by hand stays. config/agent.yaml in the sources explains every key.

        """

    init(_ text: String) { self.text = text }

    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Writes the section `caches` anew.
    mutating func setCaches(_ caches: [CacheConfiguration]) {
        var section = ["caches:"]
        for cache in caches {
            section.append("  - path: \(Self.quoted(cache.path))")
            section.append("    cache_key: \(Self.list(cache.cacheKeys))")
            if !cache.hosts.isEmpty { section.append("    host: \(Self.list(cache.hosts))") }
            if !cache.values.isEmpty {
                section.append("    values:")
                for (name, value) in cache.values.sorted(by: { $0.key < $1.key }) {
                    switch value {
                    case .oneOf(let texts):
                        section.append("      \(name): [\(texts.map(Self.quoted).joined(separator: ", "))]")
                    case .same(let other): section.append("      \(name): \(Self.quoted("$" + other))")
                    }
                }
            }
        }
        replaceSection("caches", with: section)
    }

    /// Sets one key below the top: `set("guard.access_log", …)`.
    mutating func set(_ key: String, to value: String) { set(key, raw: Self.quoted(value)) }

    /// The same with a list.
    mutating func set(_ key: String, to values: [String]) {
        set(key, raw: "[\(values.map(Self.quoted).joined(separator: ", "))]")
    }

    private mutating func set(_ key: String, raw value: String) {
        let parts = key.split(separator: ".", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return }
        var lines = lines.map(String.init)
        guard let head = lines.firstIndex(where: { $0.hasPrefix("\(parts[0]):") }) else {
            return append(["\(parts[0]):", "  \(parts[1]): \(value)"])
        }
        // `guard: {window: 1m}` is all on one line.
        let rest = lines[head].dropFirst(parts[0].count + 1).drop { $0 == " " }
        guard rest.isEmpty || rest.hasPrefix("#") else {
            refused.append("\(key): \(value)")
            return
        }
        let end = Self.end(ofSectionAt: head, lines)
        let own = lines[(head + 1)..<end].firstIndex { line in
            line.hasPrefix("  \(parts[1]):") || line.hasPrefix("  #\(parts[1]):")
        }
        guard let own else {
            lines.insert("  \(parts[1]): \(value)", at: head + 1)
            return text = lines.joined(separator: "\n")
        }
        // What belongs to the old value stands deeper.
        let deeper = lines[(own + 1)..<end].prefix { $0.hasPrefix("    ") }
        lines.replaceSubrange(own..<(own + 1 + deeper.count), with: ["  \(parts[1]): \(value)"])
        text = lines.joined(separator: "\n")
    }

    private mutating func replaceSection(_ name: String, with section: [String]) {
        var lines = lines.map(String.init)
        guard let head = lines.firstIndex(where: { $0.hasPrefix("\(name):") }) else { return append(section) }
        lines.replaceSubrange(head..<Self.end(ofSectionAt: head, lines), with: section)
        text = lines.joined(separator: "\n")
    }

    private mutating func append(_ section: [String]) {
        while text.hasSuffix("\n\n") { text.removeLast() }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += (text.isEmpty ? "" : "\n") + section.joined(separator: "\n") + "\n"
    }

    /// Where the section ends that begins at a line: comments right before the next one belong to that.
    private static func end(ofSectionAt head: Int, _ lines: [String]) -> Int {
        let next = lines[(head + 1)...].firstIndex { line in
            line.first.map { !" #\t-".contains($0) } == true
        } ?? lines.endIndex
        let isOfNext = { (line: String) in line.isEmpty || line.hasPrefix("#") }
        return next - lines[(head + 1)..<next].reversed().prefix(while: isOfNext).count
    }

    // MARK: YAML

    /// One text as it is, several as a list.
    private static func list(_ texts: [String]) -> String {
        texts.count == 1 ? quoted(texts[0]) : "[\(texts.map(quoted).joined(separator: ", "))]"
    }

    /// In double quotes, in which YAML takes every text.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
