import Foundation
import TestSupport

/// JSON whose fields keep their order and may be changed into what a careless producer writes.
indirect enum JSONTree: Equatable {
    case scalar(String)
    case text(String)
    case list([JSONTree])
    case object([Field])

    /// One field of an object.
    struct Field: Equatable {
        var name: String
        var value: JSONTree
    }

    init(_ bytes: [UInt8]) throws {
        self = try JSONDecoder().decode(JSONTree.self, from: Data(bytes))
    }

    /// As it goes over the wire.
    var bytes: [UInt8] { Array(written.utf8) }

    private var written: String {
        switch self {
        case .scalar(let scalar): scalar
        case .text(let text): Self.quoted(text)
        case .list(let items): "[" + items.map(\.written).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { Self.quoted($0.name) + ":" + $0.value.written }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            default:
                scalar.value < 0x20
                    ? "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                    : String(scalar)
            }
        }
        return "\"" + escaped.joined() + "\""
    }
}

extension JSONTree: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .scalar("null")
        } else if let bool = try? container.decode(Bool.self) {
            self = .scalar("\(bool)")
        } else if let number = try? container.decode(Int64.self) {
            self = .scalar("\(number)")
        } else if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let items = try? container.decode([JSONTree].self) {
            self = .list(items)
        } else {
            let fields = try container.decode([String: JSONTree].self)
            self = .object(fields.sorted { $0.key < $1.key }.map { Field(name: $0.key, value: $0.value) })
        }
    }
}

extension JSONTree {
    private static let texts = [
        "", "*", "*.example.com", "https://shop.example/a?b", "shop.example/a/b", "everything", "null", "\u{0}", "é",
        "2026-11-21T09:30:00.000Z", "9999-12-31T23:59:60Z", "0123456789abcdef0123456789abcdef", "\u{FEFF}",
        "https://[::1]:99999/", "..", "%", "a b", "delete", "invalidate", "\u{1F600}",
    ]
    private static let scalars = ["null", "true", "false", "0", "-1", "1e400", "-0.0", "9223372036854775808", "1.5"]

    /// The same with one thing changed, somewhere.
    func mutated(_ random: inout SeededGenerator) -> JSONTree {
        switch self {
        case .object(var fields) where !fields.isEmpty && !random.once(in: 8):
            let position = random.number(0...fields.count - 1)
            switch random.number(0...9) {
            case 0: fields.remove(at: position)
            case 1: fields.append(fields[position])
            case 2: fields.insert(Field(name: random.pick(fields).name, value: .anything(&random)), at: position)
            case 3: fields[position].name = random.pick([fields[position].name.uppercased(), "x", "", "data"])
            default: fields[position].value = fields[position].value.mutated(&random)
            }
            return .object(fields)
        case .list(var items) where !items.isEmpty && !random.once(in: 8):
            let position = random.number(0...items.count - 1)
            switch random.number(0...5) {
            case 0: items.remove(at: position)
            case 1: items.append(items[position])
            case 2: items.insert(.anything(&random), at: position)
            default: items[position] = items[position].mutated(&random)
            }
            return .list(items)
        case .text(let text) where !random.once(in: 4):
            var scalars = Array(text.unicodeScalars)
            let position = random.number(0...scalars.count)
            scalars.insert(contentsOf: random.pick(Self.texts).unicodeScalars, at: position)
            if random.once(in: 2) { scalars.removeFirst(random.number(0...min(3, scalars.count))) }
            return .text(String(String.UnicodeScalarView(scalars)))
        default: return .anything(&random)
        }
    }

    private static func anything(_ random: inout SeededGenerator) -> JSONTree {
        switch random.number(0...6) {
        case 0: .list([])
        case 1: .object([])
        case 2: .list([anything(&random), anything(&random)])
        case 3: .object([Field(name: random.pick(texts), value: anything(&random))])
        case 4: .scalar(random.once(in: 2) ? random.pick(scalars) : "\(random.oddNumber())")
        default: .text(random.pick(texts))
        }
    }

    /// The fields in another order, at every level.
    func shuffled(_ random: inout SeededGenerator) -> JSONTree {
        switch self {
        case .object(let fields):
            .object(
                fields.map { Field(name: $0.name, value: $0.value.shuffled(&random)) }.shuffled(using: &random))
        case .list(let items): .list(items.map { $0.shuffled(&random) })
        case .scalar, .text: self
        }
    }

    /// With a field more that nobody knows.
    func withUnknownField(_ random: inout SeededGenerator) -> JSONTree {
        guard case .object(var fields) = self else { return self }
        let name = "x_" + random.text(upTo: 6, of: "abc_\u{e9}")
        fields.insert(Field(name: name, value: .anything(&random)), at: random.number(0...fields.count))
        return .object(fields)
    }
}
