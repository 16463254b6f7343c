/// The headers of a Kafka message; the case of a name does not matter.
struct EventHeaders {
    /// None: what an envelope carries has no headers of its own.
    static let none = EventHeaders([])

    private let headers: [(name: String, value: [UInt8]?)]

    init(_ headers: [(name: String, value: [UInt8]?)]) {
        self.headers = headers
    }

    /// Whether they say that the message is a CloudEvent.
    var hasEnvelope: Bool { text("ce_specversion") != nil || isStructured }

    /// Whether they say that the value is a CloudEvent in structured mode.
    var isStructured: Bool { hasContentType("application/cloudevents+json") }

    /// The last header of a name (in lower case) that has a value, as text.
    func text(_ name: String) -> String? {
        for header in headers.reversed() {
            if let value = header.value, isNamed(header.name, name) { return String(decoding: value, as: UTF8.self) }
        }
        return nil
    }

    /// Whether a `content-type` is this one (in lower case), whatever its parameters.
    func hasContentType(_ type: String) -> Bool {
        headers.contains { name, value in
            guard let value, isNamed(name, "content-type") else { return false }
            let text = String(decoding: value, as: UTF8.self).lowercased()
            return text.split(separator: ";").first?.split(separator: " ").first.map(String.init) == type
        }
    }

    private func isNamed(_ header: String, _ name: String) -> Bool {
        header.utf8.count == name.utf8.count && header.lowercased() == name
    }
}
