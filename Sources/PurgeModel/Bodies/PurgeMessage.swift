/// What a purge has to tell besides how it stands: nothing is wrong, and somebody should know it.
package struct PurgeMessage: Codable, Sendable, Hashable {
    /// What it is about.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Who has to apply purges is not known yet.
        case agentsUnknown = "agents_unknown"
        /// A `*` in a URL or a prefix, which is a character like any other.
        case asterisk
        /// Nobody had anything stored that the purge names.
        case matchedNothing = "matched_nothing"
        /// Agents have files that the purge cannot see.
        case unmatched
    }

    private enum CodingKeys: String, CodingKey {
        case code, message
    }

    /// The word for programs, see ``Kind``; a newer control plane may send others.
    package let code: String
    /// A sentence for people.
    package let message: String

    package init(_ kind: Kind, _ message: String) {
        code = kind.rawValue
        self.message = message
    }
}
