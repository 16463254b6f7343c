/// Why a message of `purge.acks` is not an acknowledgement.
package struct AcknowledgementError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason for machines.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case tooLarge = "too_large"
        case notUTF8 = "not_utf8"
        case invalidJSON = "invalid_json"
        case tooDeep = "too_deep"
        case duplicateField = "duplicate_field"
        case missingField = "missing_field"
        case invalidField = "invalid_field"
    }

    package let code: Code

    /// Which field and what is wrong with it, for people.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code.rawValue): \(message)" }
}
