import FoundationEssentials
import Testing

/// The golden files, and helpers that more than one suite uses.
enum Golden {
    static let events = ["event.json", "event-everything.json", "cloudevent-structured.json", "resource-change.json"]

    /// The bytes of a file in `Resources`.
    static func bytes(_ name: String) throws -> [UInt8] {
        try bytes(atPath: "Resources/\(name)", from: #filePath)
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

/// SplitMix64: a generator that can be started again from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in `chances`.
    mutating func happens(onceIn chances: Int) -> Bool {
        Int.random(in: 0..<chances, using: &self) == 0
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
    case other

    init(from decoder: any Decoder) throws {
        if let object = try? [String: AnyJSON](from: decoder) {
            self = .object(object)
        } else if let list = try? [AnyJSON](from: decoder) {
            self = .list(list)
        } else {
            self = .other
        }
    }

    subscript(name: String) -> AnyJSON? {
        guard case .object(let fields) = self else { return nil }
        return fields[name]
    }
}
