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
        guard parts.count == 2, Self.isHex(parts[0], digits: Self.idDigits),
            Self.isHex(parts[1], digits: Self.secretDigits)
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
        isHex(text, digits: idDigits)
    }

    private static func hex(digits: Int, using generator: inout some RandomNumberGenerator) -> String {
        (0..<digits).map { _ in String(UInt8.random(in: 0..<16, using: &generator), radix: 16) }.joined()
    }

    private static func isHex(_ text: some StringProtocol, digits: Int) -> Bool {
        text.utf8.count == digits
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }
}

extension TokenText: CustomStringConvertible {
    /// The whole token, secret included.
    package var description: String { "\(Self.prefix)\(id)_\(secret)" }
}
