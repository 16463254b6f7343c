import Hummingbird

/// Gives a value that both ends share as the JSON of an answer.
struct LocalAnswer<Value: Encodable>: ResponseEncodable {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
    }
}
