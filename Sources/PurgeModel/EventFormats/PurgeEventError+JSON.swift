extension PurgeEventError {
    init(_ fault: JSONText.Fault) {
        switch fault {
        case .notUTF8:
            self.init(.notUTF8, "The message is not UTF-8.")
        case .tooDeep:
            self.init(.tooDeep, "The message is nested deeper than \(Limits.jsonDepthMax) levels.")
        case .invalid(let why):
            self.init(.invalidJSON, "Not valid JSON: \(why).")
        case .duplicateField(let name):
            self.init(
                .duplicateField,
                "The field \(QuotedValue(name)) stands twice in one object; which one counts is anybody's guess.")
        }
    }

    /// What the library found, in our words.
    init(_ error: DecodingError, expected: String) {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            let path = FieldPath.text(context.codingPath)
            self.init(.invalidField, "\(path.isEmpty ? "the message" : path) must be \(expected).")
        case .keyNotFound(let key, let context):
            self.init(.missingField, "\(FieldPath.text(context.codingPath + [key])) is missing.")
        case .dataCorrupted(let context):
            let path = FieldPath.text(context.codingPath)
            self.init(.invalidJSON, "Not valid JSON\(path.isEmpty ? "" : " at \(path)"): \(context.debugDescription)")
        @unknown default:
            self.init(.invalidJSON, "Not valid JSON.")
        }
    }
}
