/// Why a message of `purge.events` is not a purge.
///
/// It goes to the dead letters with this.
package struct PurgeEventError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason for machines.
    ///
    /// The raw values are the header `edge-purge-reason` of a dead letter.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        // The message as a whole.
        case tombstone
        case tooLarge = "too_large"
        case notUTF8 = "not_utf8"
        case invalidJSON = "invalid_json"
        case tooDeep = "too_deep"
        case duplicateField = "duplicate_field"
        case unsupportedFormat = "unsupported_format"
        // Its fields.
        case missingField = "missing_field"
        case invalidField = "invalid_field"
        case unknownSelector = "unknown_selector"
        case emptyList = "empty_list"
        // Its selectors: see SelectorError.
        case emptyTag = "empty_tag"
        case tagTooLong = "tag_too_long"
        case invalidTag = "invalid_tag"
        case hostTooLong = "host_too_long"
        case invalidHost = "invalid_host"
        case invalidURL = "invalid_url"
        case urlTooLong = "url_too_long"
        case invalidPrefix = "invalid_prefix"
        case prefixTooDeep = "prefix_too_deep"
        case emptySelectors = "empty_selectors"
        case everythingWithOthers = "everything_with_others"
        case everythingNotTrue = "everything_not_true"
        case scopeRequired = "scope_required"
        case outOfScope = "out_of_scope"
        case tooManyKeys = "too_many_keys"
        // Not about one message: see DeadLetter.Lost.
        case notKept = "not_kept"
    }

    package let code: Code

    /// Which field, with which value (shortened), and what would be right, for people.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }

    /// A selector that was refused, at the field it stood in (such as `selectors.tags[3]`).
    init(_ error: SelectorError, field: String) {
        self.init(Code(error.code), "\(field): \(error.message)")
    }
}

extension PurgeEventError.Code {
    init(_ code: SelectorError.Code) {
        self =
            switch code {
            case .emptyTag: .emptyTag
            case .tagTooLong: .tagTooLong
            case .invalidTag: .invalidTag
            case .hostTooLong: .hostTooLong
            case .invalidHost: .invalidHost
            case .invalidURL: .invalidURL
            case .urlTooLong: .urlTooLong
            case .invalidPrefix: .invalidPrefix
            case .prefixTooDeep: .prefixTooDeep
            case .emptySelectors: .emptySelectors
            case .everythingWithOthers: .everythingWithOthers
            case .everythingNotTrue: .everythingNotTrue
            case .scopeRequired: .scopeRequired
            case .outOfScope: .outOfScope
            case .tooManyKeys: .tooManyKeys
            }
    }
}
