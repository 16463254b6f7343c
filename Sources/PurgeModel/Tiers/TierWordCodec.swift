import FoundationEssentials

/// Reads and writes the messages of `purge.tiers`; `docs/schemas/tier.schema.json` describes them.
package enum TierWordCodec {
    /// Reads one word.
    ///
    /// Unknown fields are ignored.
    package static func decode(_ bytes: [UInt8]) throws(AcknowledgementError) -> TierWord {
        guard bytes.count <= Limits.eventBytesMax else {
            throw AcknowledgementError(
                .tooLarge, "It has \(bytes.count) bytes; at most \(Limits.eventBytesMax) are allowed.")
        }
        let text: Data
        do throws(JSONText.Fault) {
            text = try JSONText.checked(bytes)
        } catch {
            throw AcknowledgementError(error)
        }
        do {
            return try JSONDecoder().decode(TierWord.self, from: text)
        } catch let error as DecodingError {
            throw AcknowledgementError(error)
        } catch {
            throw AcknowledgementError(.invalidJSON, "Not valid JSON: \(error)")
        }
    }

    /// Writes a word in its canonical form: fields sorted, no spaces.
    package static func encode(_ word: TierWord) -> [UInt8] { CanonicalJSON.encode(word) }
}
