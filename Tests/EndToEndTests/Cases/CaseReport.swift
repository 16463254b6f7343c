/// What came out of a run of generated configurations.
struct CaseReport: CustomStringConvertible {
    /// What can be wrong.
    enum Kind: String {
        /// A purge was confirmed that names a page, and a visitor gets the old one.
        case stale
        /// A page is gone that no purge has named.
        case overPurged = "purged without being named"
        /// The agent says that files fit no key, or does not say it.
        case unmatched
    }

    private var findings: [(kind: Kind, cases: [Int], text: String)] = []
    /// Pages fetched after purges.
    var visits = 0
    /// Old pages in caches that the agent had said to be unmatched.
    var announced = 0
    /// Selectors that the API refuses at once.
    var refused = 0
    var cases = 0

    /// How many findings are written out.
    private static let shownMax = 40

    mutating func add(_ kind: Kind, _ cases: [Int], _ text: String) { findings.append((kind, cases, text)) }

    mutating func add(_ other: CaseReport) {
        findings += other.findings
        visits += other.visits
        announced += other.announced
        refused += other.refused
        cases += other.cases
    }

    var isGood: Bool { findings.isEmpty }

    /// In one line.
    var summary: String {
        let bad = Set(findings.flatMap(\.cases)).count
        return "\(cases) configurations, \(visits) visits after purges, \(findings.count) findings in \(bad) of them, "
            + "\(announced) old pages that were announced, \(refused) selectors refused"
    }

    var description: String {
        summary + findings.prefix(Self.shownMax).map { "\n\($0.kind.rawValue): \($0.text)" }.joined()
    }
}
