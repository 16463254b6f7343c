/// The text of a configuration file, changed key by key so that what a person wrote beside them stays.
///
/// It knows YAML as people write it in such files: sections at the left edge, their keys below them. Whoever changes a
/// text has to read it again, to see whether it says what it should.
struct SettingsText {
    /// The text as it is now.
    private(set) var text: String

    init(_ text: String) { self.text = text }

    private var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    /// Sets one key below the top: `set("guard.access_log", …)`; nothing happens where its section is on one line.
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
        guard rest.isEmpty || rest.hasPrefix("#") else { return }
        let end = Self.end(ofSectionAt: head, lines)
        let keys = lines[(head + 1)..<end].filter { line in
            line.first { $0 != " " }.map { $0 != "#" } == true
        }
        let space = keys.first.map { String($0.prefix { $0 == " " }) } ?? "  "
        let own = lines[(head + 1)..<end].firstIndex { line in
            line.hasPrefix("\(space)\(parts[1]):") || line.hasPrefix("\(space)#\(parts[1]):")
        }
        guard let own else {
            lines.insert("\(space)\(parts[1]): \(value)", at: head + 1)
            return text = lines.joined(separator: "\n")
        }
        // What belongs to the old value stands deeper.
        let deeper = lines[(own + 1)..<end].prefix { $0.hasPrefix(space + " ") }
        lines.replaceSubrange(own..<(own + 1 + deeper.count), with: ["\(space)\(parts[1]): \(value)"])
        text = lines.joined(separator: "\n")
    }

    /// Writes a section anew, or at the end where there is none.
    ///
    /// - Parameter section: its lines, with its name in the first.
    mutating func replaceSection(_ name: String, with section: [String]) {
        var lines = lines.map(String.init)
        guard let head = lines.firstIndex(where: { $0.hasPrefix("\(name):") }) else { return append(section) }
        lines.replaceSubrange(head..<Self.end(ofSectionAt: head, lines), with: section)
        text = lines.joined(separator: "\n")
    }

    /// Adds lines to a section.
    mutating func add(_ more: [String], to section: String) {
        var lines = lines.map(String.init)
        guard let head = lines.firstIndex(where: { $0.hasPrefix("\(section):") }) else {
            return append(["\(section):"] + more)
        }
        lines.insert(contentsOf: more, at: Self.end(ofSectionAt: head, lines))
        text = lines.joined(separator: "\n")
    }

    /// Adds lines at the end.
    private mutating func append(_ section: [String]) {
        while text.hasSuffix("\n\n") { text.removeLast() }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        text += (text.isEmpty ? "" : "\n") + section.joined(separator: "\n") + "\n"
    }

    /// Where the section ends that begins at a line: comments right before the next one belong to that.
    private static func end(ofSectionAt head: Int, _ lines: [String]) -> Int {
        let next =
            lines[(head + 1)...].firstIndex { line in
                line.first.map { !" #\t-".contains($0) } == true
            } ?? lines.endIndex
        let isOfNext = { (line: String) in line.isEmpty || line.hasPrefix("#") }
        return next - lines[(head + 1)..<next].reversed().prefix(while: isOfNext).count
    }

    // MARK: YAML

    /// One text as it is, several as a list.
    static func list(_ texts: [String]) -> String {
        texts.count == 1 ? quoted(texts[0]) : "[\(texts.map(quoted).joined(separator: ", "))]"
    }

    /// In double quotes, in which YAML takes every text.
    static func quoted(_ text: String) -> String {
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
