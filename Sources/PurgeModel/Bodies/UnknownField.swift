/// A field by whatever name, to refuse those that nobody knows.
struct UnknownField: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }

    /// Throws `DecodingError.dataCorrupted` that names the first field, by the alphabet, that is not known.
    static func refuse(in decoder: any Decoder, known: [String]) throws {
        let fields = try decoder.container(keyedBy: UnknownField.self).allKeys.map(\.stringValue)
        guard let unknown = fields.filter({ !known.contains($0) }).min() else { return }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: decoder.codingPath,
                debugDescription: "the field '\(unknown.quotable)' is not known here; known are: "
                    + known.joined(separator: ", ")))
    }
}
