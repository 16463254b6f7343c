/// A value from outside, made fit for an error message: in quotes, shortened, as ``Swift/String/shown``.
///
/// Messages end in logs, Kafka headers and API answers, so a hostile value must not break lines or fill them.
package struct QuotedValue: CustomStringConvertible {
    /// Characters shown before the value is cut.
    static let charactersMax = 80

    package let description: String

    package init(_ text: some StringProtocol) {
        var shown = "\""
        for scalar in text.unicodeScalars.prefix(Self.charactersMax) {
            shown += String(scalar).shown
        }
        let isCut = text.unicodeScalars.dropFirst(Self.charactersMax).first != nil
        description = shown + (isCut ? "…\"" : "\"")
    }

    package init(bytes: Span<UInt8>) {
        var shown: [UInt8] = []
        // Four bytes at most make a character, and one more character shows that something was cut.
        for index in 0..<min(bytes.count, (Self.charactersMax + 1) * 4) {
            shown.append(bytes[index])
        }
        self.init(String(decoding: shown, as: UTF8.self))
    }
}
