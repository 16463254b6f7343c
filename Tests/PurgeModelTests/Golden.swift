import Foundation
import Testing

/// The golden files, and helpers that more than one suite uses.
enum Golden {
    static let events = [
        "purge-event.json", "event-everything.json", "cloudevent-structured.json", "resource-change.json",
    ]

    /// The bytes of a file in `Resources`.
    static func bytes(_ name: String) throws -> [UInt8] {
        try bytes(atPath: "Resources/\(name)", from: #filePath)
    }

    /// The golden message of an event format; a file that holds `headers` and `value` has both.
    static func message(_ name: String) throws -> (headers: Headers, value: [UInt8]) {
        struct WithHeaders: Decodable {
            var headers: [String: String]
        }
        let bytes = try bytes("\(name).json")
        guard let headers = try? JSONDecoder().decode(WithHeaders.self, from: Data(bytes)).headers else {
            return ([], bytes)
        }
        let object = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        let value = try JSONSerialization.data(withJSONObject: try #require(object?["value"]))
        return (headers.map { ($0.key, Array($0.value.utf8)) }, Array(value))
    }

    /// The bytes of a file in `docs`.
    static func document(_ name: String) throws -> [UInt8] {
        try bytes(atPath: "../../docs/\(name)", from: #filePath)
    }

    private static func bytes(atPath path: String, from file: String) throws -> [UInt8] {
        let folder = file.split(separator: "/").dropLast().joined(separator: "/")
        return Array(try Data(contentsOf: URL(filePath: "/\(folder)/\(path)")))
    }
}

/// As `#expect`, for loops of many thousand rounds: words are made only when something is wrong.
func check(
    _ isRight: Bool, _ place: @autoclosure () -> String = "", at location: SourceLocation = #_sourceLocation
) {
    if !isRight { Issue.record("\(place())", sourceLocation: location) }
}

/// Any JSON, for looking at keys.
indirect enum AnyJSON: Decodable {
    case object([String: AnyJSON])
    case list([AnyJSON])
    case text(String)
    case other

    init(from decoder: any Decoder) throws {
        if let object = try? [String: AnyJSON](from: decoder) {
            self = .object(object)
        } else if let list = try? [AnyJSON](from: decoder) {
            self = .list(list)
        } else if let text = try? String(from: decoder) {
            self = .text(text)
        } else {
            self = .other
        }
    }

    subscript(name: String) -> AnyJSON? {
        guard case .object(let fields) = self else { return nil }
        return fields[name]
    }
}
