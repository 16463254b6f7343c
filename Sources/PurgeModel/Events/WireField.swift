/// A field name, any.
struct WireKey: CodingKey, Hashable {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) {
        self.stringValue = stringValue
    }

    init?(intValue: Int) {
        nil
    }
}

typealias WireContainer = KeyedDecodingContainer<WireKey>

extension KeyedDecodingContainer where Key == WireKey {
    /// The field's value; nil when it is absent or null.
    ///
    /// `expected` is for the message when it has another type.
    func field<Value: Decodable>(_ name: String, _ type: Value.Type, expected: String) throws -> Value? {
        do {
            return try decodeIfPresent(type, forKey: WireKey(stringValue: name))
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: expected)
        }
    }

    func string(_ name: String) throws -> String? {
        try field(name, String.self, expected: "a string")
    }

    func strings(_ name: String) throws -> [String]? {
        let list = try field(name, [String].self, expected: "a list of strings")
        if let list, list.isEmpty {
            throw PurgeEventError(
                .emptyList, "\(path(to: name)) is an empty list; leave it out or put something in it.")
        }
        return list
    }

    /// Whether the field is there and not null.
    func holds(_ name: String) throws -> Bool {
        try has(name) && !decodeNil(forKey: WireKey(stringValue: name))
    }

    func has(_ name: String) -> Bool {
        contains(WireKey(stringValue: name))
    }

    func path(to name: String) -> String {
        FieldPath.text(codingPath + [WireKey(stringValue: name)])
    }
}

/// Writes coding paths as people write them: `selectors.tags[3]`.
enum FieldPath {
    static func text(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return text
    }
}

extension PurgeEventError {
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
