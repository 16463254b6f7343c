/// What of repeated findings about topics has not been told yet.
package struct TopicNews: Sendable {
    private var told: Set<TopicFinding> = []

    package init() {}

    /// The findings that were not there the last time.
    package mutating func take(_ findings: [TopicFinding]) -> [TopicFinding] {
        defer { told = Set(findings) }
        return findings.filter { !told.contains($0) }
    }
}
