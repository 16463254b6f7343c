/// What is known of the topics, look after look, and what of it is to be told: a finding while it is new, and once that
/// topics cannot be checked.
package struct TopicReport: Sendable {
    /// Why purges may be lost, or confirmed though they are not complete; nil while nothing says so.
    package private(set) var untrue: String?
    private var told: Set<TopicFinding> = []
    private var isUncheckedTold = false

    package init() {}

    /// Takes in what a look has found.
    ///
    /// What was found to be untrue stays so while it cannot be looked at.
    ///
    /// - Parameters:
    ///   - topics: those that could be checked.
    ///   - areAll: false: there are others that could not.
    /// - Returns: the findings that were not there the last time, and whether to tell that some could not be checked.
    package mutating func take(
        _ topics: [TopicFacts], areAll: Bool
    ) -> (findings: [TopicFinding], cannotCheck: Bool) {
        let findings = topics.flatMap(TopicCheck.findings)
        let news = (findings.filter { !told.contains($0) }, !areAll && !isUncheckedTold)
        told = Set(findings)
        isUncheckedTold = isUncheckedTold || !areAll
        if areAll || !findings.isEmpty { untrue = findings.first { $0.effect == .untrue }?.message }
        return news
    }
}
