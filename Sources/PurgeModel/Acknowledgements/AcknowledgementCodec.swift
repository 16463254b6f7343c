import FoundationEssentials

/// Reads and writes the messages of `purge.acks`; `docs/schemas/acknowledgement.schema.json` describes them.
package enum AcknowledgementCodec {
    /// Reads one acknowledgement.
    ///
    /// Unknown fields are ignored. A message without value says that its agent was retired; it never comes here.
    package static func decode(_ bytes: [UInt8]) throws(AcknowledgementError) -> Acknowledgement {
        try check(bytes)
        if let acknowledgement = AcknowledgementScanner.scan(bytes) { return acknowledgement }
        return try parse(bytes)
    }

    /// Refuses a message that is too large to be looked at.
    static func check(_ bytes: [UInt8]) throws(AcknowledgementError) {
        guard bytes.count <= Limits.eventBytesMax else {
            throw AcknowledgementError(
                .tooLarge, "It has \(bytes.count) bytes; at most \(Limits.eventBytesMax) are allowed.")
        }
    }

    /// Reads one acknowledgement, or a word about a tier, in any form that JSON allows.
    static func parse<Word: Decodable>(_ bytes: [UInt8]) throws(AcknowledgementError) -> Word {
        let text: Data
        do throws(JSONText.Fault) {
            text = try JSONText.checked(bytes)
        } catch {
            throw AcknowledgementError(error)
        }
        do {
            return try JSONDecoder().decode(Word.self, from: text)
        } catch let error as DecodingError {
            throw AcknowledgementError(error)
        } catch {
            throw AcknowledgementError(.invalidJSON, "Not valid JSON: \(error)")
        }
    }
}

extension AcknowledgementError {
    init(_ fault: JSONText.Fault) {
        switch fault {
        case .notUTF8: self.init(.notUTF8, "It is not UTF-8.")
        case .tooDeep: self.init(.tooDeep, "It is nested deeper than \(Limits.jsonDepthMax) levels.")
        case .invalid(let why): self.init(.invalidJSON, "Not valid JSON: \(why).")
        case .duplicateField(let name):
            self.init(.duplicateField, "The field \(QuotedValue(name)) stands twice in one object.")
        }
    }

    init(_ error: DecodingError) {
        switch error {
        case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
            self.init(.invalidField, "\(FieldPath.text(context.codingPath)) must be a JSON form of \(type).")
        case .keyNotFound(let key, let context):
            self.init(.missingField, "\(FieldPath.text(context.codingPath + [key])) is missing.")
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            self.init(.invalidJSON, "Not valid JSON: \(context.debugDescription)")
        case .dataCorrupted(let context):
            self.init(.invalidField, "\(FieldPath.text(context.codingPath)): \(context.debugDescription)")
        @unknown default:
            self.init(.invalidJSON, "Not valid JSON.")
        }
    }
}
