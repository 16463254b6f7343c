import Configuration
import FoundationEssentials
import Yams

/// A YAML document as flat keys: maps and lists of maps become `kafka.client_id` and `caches.0.path`.
///
/// Every scalar is kept as the text that stands in the file; what type it has to have is decided where it is read, so
/// that an error can name the key, the value and what is allowed.
struct FlatYAML: Sendable {
    /// What one key holds.
    enum Value: Sendable, Equatable {
        case text(String)
        case list([String])
        /// An empty map (`{}`) or a key without a value: says nothing, but the key is there.
        case nothing
    }

    /// One key of the document.
    struct Entry: Sendable, Equatable {
        var value: Value
        /// The line of the key, from 1; 0 where unknown.
        var line: Int
    }

    /// Flat key to what it holds.
    private(set) var entries: [String: Entry] = [:]
    /// Lists of maps with the number of their items.
    private(set) var listCounts: [String: Int] = [:]
    /// What could be read but makes no sense.
    private(set) var problems: [String] = []

    /// An empty document.
    init() {}

    /// Reads a file.
    ///
    /// - Parameter namedBy: what names the file, for the message.
    /// - Throws: `ConfigurationProblems` when it cannot be read, or is not YAML or not a map.
    init(path: String, namedBy: String) throws(ConfigurationProblems) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            let reason = "\(FileProblem.reason(error)). Give an existing file with \(namedBy)"
            throw ConfigurationProblems(file: path, problems: ["cannot be read: \(reason)"])
        }
        try self.init(yaml: text, file: path)
    }

    /// The texts and lists, as a provider of configuration wants them.
    var values: [AbsoluteConfigKey: ConfigValue] {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, entry) in entries {
            let parts = AbsoluteConfigKey(key.split(separator: ".", omittingEmptySubsequences: false).map(String.init))
            switch entry.value {
            case .text(let text): values[parts] = ConfigValue(.string(text), isSecret: false)
            case .list(let list): values[parts] = ConfigValue(.stringArray(list), isSecret: false)
            case .nothing: break
            }
        }
        return values
    }

    /// Reads a document.
    ///
    /// - Throws: `ConfigurationProblems` when it is not YAML or not a map.
    init(yaml: String, file: String?) throws(ConfigurationProblems) {
        let root: Node?
        do {
            root = try compose(yaml: yaml)
        } catch let error as YamlError {
            throw ConfigurationProblems(file: file, problems: ["not valid YAML: \(error)"])
        } catch {
            throw ConfigurationProblems(file: file, problems: ["not valid YAML: \(error)"])
        }
        // An empty file, or one of comments only, says nothing and is fine.
        guard let root, !Self.isNull(root) else { return }
        guard case .mapping(let mapping) = root else {
            throw ConfigurationProblems(file: file, problems: ["the file has to be a map of keys, such as `kafka:`"])
        }
        add(mapping, under: "")
    }

    private mutating func add(_ mapping: Node.Mapping, under prefix: String) {
        for (keyNode, node) in mapping {
            guard case .scalar(let scalar) = keyNode else {
                problems.append("line \(keyNode.mark?.line ?? 0): a key has to be plain text")
                continue
            }
            let key = prefix.isEmpty ? scalar.string : "\(prefix).\(scalar.string)"
            add(node, at: key, line: keyNode.mark?.line ?? 0)
        }
    }

    private mutating func add(_ node: Node, at key: String, line: Int) {
        switch node {
        case .scalar(let scalar):
            set(Self.isNull(node) ? .nothing : .text(scalar.string), at: key, line: line)
        case .mapping(let mapping):
            if mapping.isEmpty { set(.nothing, at: key, line: line) } else { add(mapping, under: key) }
        case .sequence(let sequence):
            add(sequence, at: key, line: line)
        case .alias:
            problems.append("line \(line): \(key): aliases are not understood; write the value out")
        }
    }

    private mutating func add(_ sequence: Node.Sequence, at key: String, line: Int) {
        var texts: [String] = []
        var maps: [Node.Mapping] = []
        for item in sequence {
            switch item {
            case .scalar(let scalar): texts.append(scalar.string)
            case .mapping(let mapping): maps.append(mapping)
            case .sequence, .alias: problems.append("line \(line): \(key): a list within a list is not understood")
            }
        }
        guard texts.isEmpty || maps.isEmpty else {
            problems.append("line \(line): \(key): the list mixes plain values and maps")
            return
        }
        if maps.isEmpty {
            set(.list(texts), at: key, line: line)
        } else {
            listCounts[key] = maps.count
            for (index, map) in maps.enumerated() { add(map, under: "\(key).\(index)") }
        }
    }

    private mutating func set(_ value: Value, at key: String, line: Int) {
        if let earlier = entries[key] {
            problems.append("line \(line): \(key) is given twice (first in line \(earlier.line))")
        }
        entries[key] = Entry(value: value, line: line)
    }

    /// `key:` with nothing, `~` and `null` mean "not said".
    private static func isNull(_ node: Node) -> Bool {
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }
}
