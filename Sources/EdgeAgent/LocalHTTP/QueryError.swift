/// A question that cannot be understood; the message says what to change.
struct QueryError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
