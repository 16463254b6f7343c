/// Puts canonical JSON together piece by piece, in the same bytes as ``CanonicalJSON`` and many times faster.
///
/// Whoever uses it puts the fields in the order of their names.
struct CanonicalJSONWriter {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Makes room for so many bytes.
    mutating func reserve(_ count: Int) { bytes.reserveCapacity(bytes.count + count) }

    /// Adds brackets, colons and names of fields as they are.
    mutating func add(_ text: String) { bytes += text.utf8 }

    /// Adds a string.
    mutating func add(string text: String) { add { $0 += text.utf8 } }

    /// Adds a field that is a string, by its name with a colon; nothing where there is none.
    mutating func add(_ name: String, _ text: String?) {
        guard let text else { return }
        add(name)
        add(string: text)
    }

    /// Adds a number after what stands before it.
    mutating func add(_ name: String, _ number: Int64) {
        add(name)
        bytes += String(number).utf8
    }

    /// Adds a list of strings, of each of which `body` appends the UTF-8.
    mutating func add<Element>(strings: [Element], _ body: (Element, inout [UInt8]) -> Void) {
        add(list: strings) { element, json in json.add { body(element, &$0) } }
    }

    /// Adds a list, of which `body` adds each element.
    mutating func add<Element>(list: [Element], _ body: (Element, inout CanonicalJSONWriter) -> Void) {
        var isFirst = true
        bytes.append(UInt8(ascii: "["))
        for element in list {
            if !isFirst { bytes.append(UInt8(ascii: ",")) }
            isFirst = false
            body(element, &self)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func add(_ body: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.append(UInt8(ascii: "\""))
        body(&bytes)
        if PlainJSON.end(in: bytes, from: start + 1) == bytes.count {
            bytes.append(UInt8(ascii: "\""))
        } else {
            // What has to be escaped, and how, is the library's to know.
            let text = String(decoding: bytes[(start + 1)...], as: UTF8.self)
            bytes.removeSubrange(start...)
            bytes += CanonicalJSON.encode(text)
        }
    }
}
