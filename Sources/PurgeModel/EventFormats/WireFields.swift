/// The fields of a JSON object, by their names, with errors in our words.
///
/// A field that is null counts as absent.
struct WireFields {
    private let container: KeyedDecodingContainer<WireKey>

    /// Finds the fields of the object that is being decoded.
    init(_ decoder: any Decoder) throws(PurgeEventError) {
        self.init(try Self.worded("an object") { try decoder.container(keyedBy: WireKey.self) })
    }

    private init(_ container: KeyedDecodingContainer<WireKey>) {
        self.container = container
    }

    /// All names.
    var names: [String] { container.allKeys.map(\.stringValue) }

    /// The field's value; nil when it is absent or null.
    ///
    /// `expected` is for the message when it has another type.
    func field<Value: Decodable>(
        _ name: String, as type: Value.Type, expected: String
    ) throws(PurgeEventError) -> Value? {
        try Self.worded(expected) { try container.decodeIfPresent(type, forKey: WireKey(stringValue: name)) }
    }

    func string(_ name: String) throws(PurgeEventError) -> String? {
        try field(name, as: String.self, expected: "a string")
    }

    func strings(_ name: String) throws(PurgeEventError) -> [String]? {
        let list = try field(name, as: [String].self, expected: "a list of strings")
        if let list, list.isEmpty {
            throw PurgeEventError(
                .emptyList, "\(path(to: name)) is an empty list; leave it out or put something in it.")
        }
        return list
    }

    /// The fields of an object in the object; nil when it is absent or null.
    func object(_ name: String, expected: String = "an object") throws(PurgeEventError) -> WireFields? {
        let key = WireKey(stringValue: name)
        guard container.contains(key) else { return nil }
        return try Self.worded(expected) {
            do {
                return WireFields(try container.nestedContainer(keyedBy: WireKey.self, forKey: key))
            } catch DecodingError.valueNotFound {
                return nil
            }
        }
    }

    /// Whether the field is there and not null.
    func holds(_ name: String) throws(PurgeEventError) -> Bool {
        guard has(name) else { return false }
        return try !Self.worded("a value") { try container.decodeNil(forKey: WireKey(stringValue: name)) }
    }

    /// Whether the field is there, be it null.
    func has(_ name: String) -> Bool {
        container.contains(WireKey(stringValue: name))
    }

    /// Where a field stands, for people.
    func path(to name: String) -> String {
        FieldPath.text(container.codingPath + [WireKey(stringValue: name)])
    }

    private static func worded<Value>(_ expected: String, _ read: () throws -> Value) throws(PurgeEventError) -> Value {
        do {
            return try read()
        } catch let error as PurgeEventError {
            throw error
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: expected)
        } catch {
            throw PurgeEventError(.invalidJSON, "Not valid JSON: \(error)")
        }
    }
}
