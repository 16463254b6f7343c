import FoundationEssentials

/// What all checks saw, for people and for scripts.
struct DoctorReport: Encodable {
    private struct Entry: Encodable {
        var check: String
        var finding: DoctorFinding

        enum CodingKeys: String, CodingKey {
            case check, level, about, seen, remedy
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(check, forKey: .check)
            try container.encode(finding.level, forKey: .level)
            try container.encodeIfPresent(finding.about, forKey: .about)
            try container.encode(finding.seen, forKey: .seen)
            try container.encodeIfPresent(finding.remedy, forKey: .remedy)
        }
    }

    private var findings: [Entry] = []
    /// The worst of all.
    private(set) var level = DoctorLevel.green

    mutating func add(_ new: [DoctorFinding], of check: String) {
        findings += new.map { Entry(check: check, finding: $0) }
        level = max(level, new.map(\.level).max() ?? .green)
    }

    /// For scripts.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// For people: a line for each finding, and one below it with what mends it.
    func text(_ style: Style) -> String {
        let width = findings.map(\.check.count).max() ?? 0
        var lines: [String] = []
        for entry in findings {
            let finding = entry.finding
            let check = entry.check + String(repeating: " ", count: width - entry.check.count)
            let about = finding.about.map { "\($0): " } ?? ""
            // A cache stores what strangers send.
            lines.append("\(Self.word(finding.level, style))  \(check)  \(TextTable.printable(about + finding.seen))")
            for line in (finding.remedy ?? "").split(separator: "\n") {
                let indent = String(repeating: " ", count: "yellow".count + 2 + width + 2)
                lines.append(indent + style.command(TextTable.printable(String(line))))
            }
        }
        let counts = [DoctorLevel.red, .yellow, .green].map { level in
            "\(findings.count { $0.finding.level == level }) \(level.rawValue)"
        }
        return (lines + ["", counts.joined(separator: ", ")]).joined(separator: "\n")
    }

    private static func word(_ level: DoctorLevel, _ style: Style) -> String {
        switch level {
        case .green: style.good("green ")
        case .yellow: style.warn("yellow")
        case .red: style.bad("red   ")
        }
    }
}
