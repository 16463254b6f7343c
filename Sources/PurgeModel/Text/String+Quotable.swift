extension String {
    /// The text as an answer may quote it: 200 characters at most, and none that are unseen.
    package var quotable: String {
        var text = ""
        for scalar in unicodeScalars.prefix(200) {
            text.unicodeScalars.append(scalar.isUnseen ? "\u{FFFD}" : scalar)
        }
        return unicodeScalars.count > 200 ? text + "…" : text
    }
}
