import PurgeModel

/// A plain table for people: aligned columns, two spaces between them, no lines drawn.
struct TextTable {
    /// How the cells of one column stand.
    enum Alignment {
        case left, right
    }

    /// One column.
    struct Column {
        var title: String
        var alignment: Alignment

        /// A column whose cells start at the left.
        static func left(_ title: String) -> Column { Column(title: title, alignment: .left) }
        /// A column of numbers.
        static func right(_ title: String) -> Column { Column(title: title, alignment: .right) }
    }

    private let columns: [Column]
    private var rows: [[String]] = []

    /// Creates an empty table.
    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// Adds a row; missing cells are empty, cells too many are left out.
    ///
    /// What is unseen is shown as `?`: what a cache stored must not be able to write to somebody's terminal.
    mutating func add(_ cells: [String]) {
        var row = cells.prefix(columns.count).map(Self.printable)
        while row.count < columns.count { row.append("") }
        rows.append(row)
    }

    /// Whether no row was added.
    var isEmpty: Bool { rows.isEmpty }

    /// The table as text without a final line end.
    ///
    /// An empty table is its titles.
    func rendered() -> String {
        var widths = columns.map(\.title.count)
        for row in rows {
            for (index, cell) in row.enumerated() { widths[index] = max(widths[index], cell.count) }
        }
        return ([columns.map(\.title)] + rows).map { line($0, widths: widths) }.joined(separator: "\n")
    }

    private func line(_ cells: [String], widths: [Int]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let padding = String(repeating: " ", count: widths[index] - cell.count)
            if index > 0 { text += "  " }
            text += columns[index].alignment == .left ? cell + padding : padding + cell
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    /// `text` with a `?` for everything that is unseen.
    static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isUnseen) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.isUnseen ? "?" : $0 }))
    }
}
