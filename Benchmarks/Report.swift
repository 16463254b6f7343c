import Foundation

/// The rows of one run, as a table for people and as JSON for programs.
struct Report: Encodable {
    /// One comparison.
    struct Row: Encodable {
        var what: String
        var ours: String
        var bare: String
        /// Ours against bare, the way the target is stated; or the amount, where the target is an amount.
        var ratio: Double
        /// What `ratio` has to be.
        var target: Target
        var isMet: Bool { target.isMet(by: ratio) }

        enum CodingKeys: String, CodingKey {
            case what, ours, bare, ratio, target, met
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(what, forKey: .what)
            try container.encode(ours, forKey: .ours)
            try container.encode(bare, forKey: .bare)
            try container.encode(ratio, forKey: .ratio)
            try container.encode(target.text, forKey: .target)
            try container.encode(isMet, forKey: .met)
        }
    }

    /// A target of docs/architecture.md.
    enum Target {
        case atLeast(Double)
        case atMost(Double)

        func isMet(by ratio: Double) -> Bool {
            switch self {
            case .atLeast(let bound): ratio >= bound
            case .atMost(let bound): ratio <= bound
            }
        }

        var text: String {
            switch self {
            case .atLeast(let bound): ">= \(Report.short(bound))"
            case .atMost(let bound): "<= \(Report.short(bound))"
            }
        }
    }

    let objects: Int
    private(set) var rows: [Row] = []

    init(objects: Int) { self.objects = objects }

    /// Adds a row.
    mutating func add(_ what: String, ours: String, bare: String, ratio: Double, _ target: Target) {
        rows.append(Row(what: what, ours: ours, bare: bare, ratio: ratio, target: target))
    }

    /// Adds a comparison of two rates: ours over bare.
    mutating func add(_ what: String, ours: Double, bare: Double, unit: String, _ target: Target) {
        add(what, ours: Self.thousands(ours) + unit, bare: Self.thousands(bare) + unit, ratio: ours / bare, target)
    }

    /// The table, with a line at its end.
    var table: String {
        let header = ["what (\(objects) objects)", "ours", "bare", "ratio", "target", ""]
        let lines =
            [header]
            + rows.map { row in
                [row.what, row.ours, row.bare, Self.short(row.ratio), row.target.text, row.isMet ? "met" : "NOT MET"]
            }
        let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        var table = ""
        for line in lines {
            let cells = line.indices.map { column in
                let padding = String(repeating: " ", count: widths[column] - line[column].count)
                return column == 0 ? line[column] + padding : padding + line[column]
            }
            table += cells.joined(separator: "  ") + "\n"
        }
        return table
    }

    /// All rows as JSON.
    var json: Data {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return try encoder.encode(self)
        }
    }

    /// A number with as many digits as matter.
    static func short(_ value: Double) -> String {
        value >= 20 ? text(value, digits: 0) : text(value, digits: value == value.rounded() ? 0 : 2)
    }

    /// A number with so many digits behind the point.
    static func text(_ value: Double, digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    private static func thousands(_ value: Double) -> String { text(value / 1000, digits: 1) + " k" }
}
