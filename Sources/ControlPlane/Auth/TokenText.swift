import PurgeModel

/// A token as a client sends it: `ept_`, 16 hexadecimal digits that name it, `_`, and 64 that are the secret.
///
/// The prefix lets scanners for leaked secrets recognise it, and a double click selects all of it.
package struct TokenText: Sendable, Hashable {
    /// What every token begins with.
    package static let prefix = "ept_"

    /// The part that names it.
    package let id: String
    private let secret: String

    private static let idDigits = 16
    private static let secretDigits = 64

    /// Reads a token; nil for anything that cannot be one.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix) else { return nil }
        let parts = text.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, HexText.isLowercase(parts[0], digits: Self.idDigits),
            HexText.isLowercase(parts[1], digits: Self.secretDigits)
        else { return nil }
        id = String(parts[0])
        secret = String(parts[1])
    }

    private init(id: String, secret: String) {
        self.id = id
        self.secret = secret
    }

    /// Draws a new token.
    static func random(using generator: inout some RandomNumberGenerator) -> TokenText {
        TokenText(
            id: hex(digits: idDigits, using: &generator), secret: hex(digits: secretDigits, using: &generator))
    }

    /// Whether `text` can be the id of a token.
    package static func isID(_ text: String) -> Bool {
        HexText.isLowercase(text, digits: idDigits)
    }

    private static func hex(digits: Int, using generator: inout some RandomNumberGenerator) -> String {
        let values = (0..<digits).map { _ in UInt8.random(in: 0..<16, using: &generator) }
        return String(decoding: values.map(HexDigit.lowercase), as: UTF8.self)
    }
}

extension TokenText: CustomStringConvertible {
    /// The whole token, secret included.
    package var description: String { "\(Self.prefix)\(id)_\(secret)" }
}
