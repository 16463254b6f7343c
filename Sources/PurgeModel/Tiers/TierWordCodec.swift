/// Reads and writes the messages of `purge.tiers`; `docs/schemas/tier.schema.json` describes them.
package enum TierWordCodec {
    /// Reads one word.
    ///
    /// Unknown fields are ignored.
    package static func decode(_ bytes: [UInt8]) throws(AcknowledgementError) -> TierWord {
        try AcknowledgementCodec.check(bytes)
        return try AcknowledgementCodec.parse(bytes)
    }

    /// Writes a word in its canonical form: fields sorted, no spaces.
    package static func encode(_ word: TierWord) -> [UInt8] { CanonicalJSON.encode(word) }
}
