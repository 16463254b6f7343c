import FoundationEssentials

/// Writes JSON so that equal values give equal bytes.
enum CanonicalJSON {
    /// `value` must consist of strings, integers, booleans, lists and objects: these cannot fail to be written.
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            preconditionFailure(
                "Only numbers that JSON cannot write make the encoder fail, and there are none: \(error)")
        }
    }
}
