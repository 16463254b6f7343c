/// Why something that should name objects to purge was refused.
package struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was wrong, for machines.
    ///
    /// The raw values are part of the API and of dead letters.
    package enum Code: String, Sendable, Hashable, CaseIterable {
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
    }

    package let code: Code

    /// What failed, on what value, and what to do, for people.
    package let message: String

    package init(_ code: Code, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}

extension SelectorError {
    /// More keys in one request than allowed.
    ///
    /// `selector` is the plural the API uses: urls, tags, hosts or prefixes.
    package static func tooManyKeys(selector: String, count: Int, limit: Int) -> SelectorError {
        SelectorError(
            .tooManyKeys,
            message: "\(count) \(selector) in one request; at most \(limit) are allowed. Split the request.")
    }

    static func invalidHost(_ host: QuotedValue, _ why: String) -> SelectorError {
        SelectorError(.invalidHost, message: "Invalid host \(host): \(why).")
    }

    static func invalidURL(_ url: QuotedValue, _ why: String) -> SelectorError {
        SelectorError(.invalidURL, message: "Unable to purge \(url): \(why).")
    }

    static func invalidPrefix(_ prefix: QuotedValue, _ why: String) -> SelectorError {
        SelectorError(.invalidPrefix, message: "Invalid prefix \(prefix): \(why).")
    }
}
