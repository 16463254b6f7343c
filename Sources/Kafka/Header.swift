/// A header of a message; names may repeat, order is kept.
package struct Header: Sendable, Hashable {
    /// Bytes that are not UTF-8 become U+FFFD.
    package var name: String
    /// nil: a header without a value, unlike one of no bytes.
    package var value: [UInt8]?

    /// Creates a header.
    package init(name: String, value: [UInt8]?) {
        self.name = name
        self.value = value
    }
}
