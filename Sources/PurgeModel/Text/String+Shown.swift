extension Unicode.Scalar {
    /// Whether it does something to what shows it: moves a cursor, breaks a line, turns the order of letters, or hides.
    ///
    /// Control characters (C0, DEL, C1), the two separators of lines, and all of the category Format, with the
    /// directions of UAX 9 among them.
    package var isUnseen: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

extension String {
    /// The text as a log or a terminal may have it: what is unseen stands there as `\u{9b}`.
    ///
    /// Whatever came from Kafka, a cache file, a header or a client goes through here before somebody sees it.
    package var shown: String {
        guard unicodeScalars.contains(where: \.isUnseen) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            if scalar.isUnseen {
                text += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                text.unicodeScalars.append(scalar)
            }
        }
    }

    /// The text with what is unseen and no ASCII escaped as JSON has it.
    ///
    /// JSON stays the same JSON, whose encoders escape only ASCII; in other text the styles of a terminal stay.
    package var shownBeyondASCII: String {
        guard unicodeScalars.contains(where: { !$0.isASCII && $0.isUnseen }) else { return self }
        return unicodeScalars.reduce(into: "") { text, scalar in
            guard !scalar.isASCII, scalar.isUnseen else { return text.unicodeScalars.append(scalar) }
            for unit in String(scalar).utf16 {
                let digits = String(unit, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
    }
}
