import ControlPlane

/// What may stand in a token's record.
enum TokenRule {
    /// What a name may be, for error messages.
    static let name = "1 to 64 of A-Z a-z 0-9 . _ -"
    /// What a permission may be, for error messages.
    static let permissions = "some of " + Permission.allCases.map(\.rawValue).joined(separator: ", ")
    /// How a time is written, for error messages.
    static let time = "a time such as 2026-11-21T09:30:00.000Z"

    /// Whether `text` may be a name: it stands in events and logs.
    static func isName(_ text: String) -> Bool {
        NameRule.isPlain(text, lengthMax: 64)
    }

    /// Whether `text` may be an e-mail address; it has to be one only roughly, but fit into a header and into YAML.
    static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts.contains("") && text.utf8.count <= 254
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
