import Configuration
import FoundationEssentials
import PurgeModel

/// Reads the keys of one configuration from its layers: flags, then environment, then file, then the built-in default.
///
/// A reading method never throws: it notes the problem, answers the default, and the mapping goes on, so that all
/// problems are shown at once. `finish` throws them. Keys of the file that nobody has read by then are unknown, and
/// that is a problem too.
final class SettingsReader {
    private let file: FlatYAML
    private let fileName: String?
    private let environment: [String: String]
    private let flags: [(key: String, value: String)]
    private let reader: ConfigReader
    private let log = KeyReads()
    private var freeMaps: Set<String> = []
    private var problems: [String]
    /// What works, and may not do what is meant.
    private(set) var warnings: [String] = []
    /// What was read, in the order it was read.
    private(set) var settings: [Setting] = []

    /// The key that names the file, where it is the only layer; nil: flags and environment count too, and `--config`
    /// names it.
    private let namedBy: String?

    /// The directory of the file, against which relative paths within it are meant; nil: there is no file.
    let fileDirectory: String?

    /// Reads the file and sets the layers up.
    ///
    /// - Parameters:
    ///   - path: The YAML file; nil: none.
    ///   - environment: Variables; empty ones count as not set.
    ///   - flags: `key=value` pairs from the command line; the last one of a key wins.
    ///   - namedBy: The key that names the file, where there is no other layer.
    /// - Throws: `ConfigurationProblems` when the file cannot be read or is not YAML.
    convenience init(
        path: String?,
        environment: [String: String],
        flags: [(key: String, value: String)] = [],
        namedBy: String? = nil
    ) throws(ConfigurationProblems) {
        guard let path else {
            self.init(yaml: FlatYAML(), fileName: nil, environment: environment, flags: flags)
            return
        }
        let yaml = try FlatYAML(path: path, namedBy: namedBy ?? "--config")
        self.init(yaml: yaml, fileName: path, environment: environment, flags: flags, namedBy: namedBy)
    }

    /// Sets the layers up over a document that was read already.
    init(
        yaml: FlatYAML,
        fileName: String?,
        environment: [String: String],
        flags: [(key: String, value: String)] = [],
        namedBy: String? = nil
    ) {
        self.namedBy = namedBy
        self.file = yaml
        self.fileName = fileName
        self.fileDirectory = fileName.map { String($0[..<($0.lastIndex(of: "/") ?? $0.startIndex)]) }
            .map { $0.isEmpty ? "." : $0 }
        self.environment = environment.filter { !$0.value.isEmpty }
        self.flags = flags
        self.problems = yaml.problems
        // A flag is given as text, lists by commas: what the environment provider understands.
        let flagVariables = Dictionary(flags.map { (Self.variable(for: $0.key), $0.value) }) { $1 }
        self.reader = ConfigReader(
            providers: [
                EnvironmentVariablesProvider(environmentVariables: flagVariables),
                EnvironmentVariablesProvider(environmentVariables: self.environment),
                InMemoryProvider(name: fileName, values: yaml.values),
            ],
            accessReporter: log
        )
    }

    /// The environment variable of a key: `kafka.bootstrap_servers` is `KAFKA_BOOTSTRAP_SERVERS`.
    static func variable(for key: String) -> String {
        String(key.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
    }

    // MARK: Values of one type

    /// Text; the default when nobody says anything.
    func text(_ key: String, default builtIn: String) -> String {
        let raw = rawText(key)
        note(key, value: .text(raw ?? builtIn), builtIn: .text(builtIn), isGiven: raw != nil)
        return raw ?? builtIn
    }

    /// Text that may be absent.
    func optionalText(_ key: String, default builtIn: String? = nil) -> String? {
        let raw = rawText(key)
        let none = builtIn.map { Setting.Value.text($0) } ?? .none
        note(key, value: raw.map { .text($0) } ?? none, builtIn: none, isGiven: raw != nil)
        return raw ?? builtIn
    }

    /// Text that has to be given; `meaning` and `example` are for the error message.
    ///
    /// Answers "" after noting the problem.
    func requiredText(_ key: String, meaning: String, example: String) -> String {
        let raw = rawText(key)
        if let raw, !raw.isEmpty {
            note(key, value: .text(raw), builtIn: nil, isGiven: true)
            return raw
        }
        if !hasProblem(with: key) {
            let ways =
                namedBy == nil ? " (in the file, as \(Self.variable(for: key)), or with --set \(key)=…)" : ""
            problems.append("\(key) is missing: \(meaning). For example `\(example)`\(ways)")
        }
        note(key, value: .none, builtIn: nil, isGiven: false)
        return ""
    }

    /// A list of texts.
    func list(_ key: String, default builtIn: [String]) -> [String] {
        let raw = rawList(key)
        note(key, value: .list(raw ?? builtIn), builtIn: .list(builtIn), isGiven: raw != nil)
        return raw ?? builtIn
    }

    /// One text, or a list of them, in the file; one text anywhere else; nothing where nobody says anything.
    func texts(_ key: String) -> [String] {
        isList(key) ? list(key, default: []) : optionalText(key).map { [$0] } ?? []
    }

    /// As ``texts(_:)``, but at least one has to be given; see ``requiredText(_:meaning:example:)``.
    func requiredTexts(_ key: String, meaning: String, example: String) -> [String] {
        if isList(key), let texts = rawList(key)?.filter({ !$0.isEmpty }), !texts.isEmpty {
            note(key, value: .list(texts), builtIn: nil, isGiven: true)
            return texts
        }
        let text = requiredText(key, meaning: meaning, example: example)
        return text.isEmpty ? [] : [text]
    }

    /// Whether the file gives a list, and no other layer says anything.
    func isList(_ key: String) -> Bool {
        guard case .list? = file.entries[key]?.value else { return false }
        return environment[Self.variable(for: key)] == nil && !flags.contains { $0.key == key }
    }

    /// A whole number within a range.
    func integer(_ key: String, default builtIn: Int, in range: ClosedRange<Int>) -> Int {
        parsed(
            key,
            default: builtIn,
            allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            parse: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            write: { "\($0)" }
        )
    }

    /// `true` or `false`.
    func boolean(_ key: String, default builtIn: Bool) -> Bool {
        parsed(
            key,
            default: builtIn,
            allowed: "true or false",
            parse: {
                ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false][$0.lowercased()]
            },
            write: { "\($0)" }
        )
    }

    /// A duration within a range.
    func duration(_ key: String, default builtIn: Duration, in range: ClosedRange<Duration>) -> Duration {
        let span = "from \(DurationText.text(range.lowerBound)) to \(DurationText.text(range.upperBound))"
        return parsed(
            key,
            default: builtIn,
            allowed: "\(DurationText.form), \(span)",
            parse: { text in DurationText.duration(text).flatMap { range.contains($0) ? $0 : nil } },
            write: DurationText.text
        )
    }

    /// A size in bytes within a range.
    func byteSize(_ key: String, default builtIn: Int, in range: ClosedRange<Int>) -> Int {
        let span = "from \(ByteSizeText.text(range.lowerBound)) to \(ByteSizeText.text(range.upperBound))"
        return parsed(
            key,
            default: builtIn,
            allowed: "\(ByteSizeText.form), \(span)",
            parse: { text in ByteSizeText.bytes(text).flatMap { range.contains($0) ? $0 : nil } },
            write: ByteSizeText.text
        )
    }

    /// One of several names.
    func choice<Choice>(_ key: String, default builtIn: Choice, _ choices: [(name: String, value: Choice)]) -> Choice
    where Choice: Equatable {
        parsed(
            key,
            default: builtIn,
            allowed: "one of " + choices.map(\.name).joined(separator: ", "),
            parse: { text in choices.first { $0.name == text }?.value },
            write: { value in choices.first { $0.value == value }?.name ?? "" }
        )
    }

    // MARK: Lists of maps, free maps

    /// How many items a list of maps has, from the file or through `KEY_0_FIRST` variables and flags.
    ///
    /// - Parameter first: The key that every item has.
    func count(of key: String, first: String) -> Int {
        freeMapsRead.insert(key)
        if let entry = file.entries[key], entry.value != .nothing, entry.value != .list([]) {
            problems.append("\(place(of: key))\(key) has to be a list of maps, each beginning with `- \(first): …`")
        }
        var count = file.listCounts[key] ?? 0
        while rawText("\(key).\(count).\(first)") != nil { count += 1 }
        return count
    }

    /// A map whose keys are free: names to texts.
    ///
    /// Names may contain dots; layers are merged name by name.
    ///
    /// - Parameters:
    ///   - key: The key of the map.
    ///   - isSecret: Whether the value of a name must not be shown.
    func map(_ key: String, isSecret: (String) -> Bool) -> [String: String] {
        freeMaps.insert(key)
        let prefix = key + "."
        var result: [String: (value: String, source: Setting.Source)] = [:]
        for (name, entry) in file.entries where name.hasPrefix(prefix) {
            switch entry.value {
            case .text(let text): result[String(name.dropFirst(prefix.count))] = (text, .file(line: entry.line))
            case .list: problems.append("\(place(of: name))\(name) has to be one value, not a list")
            case .nothing: break
            }
        }
        if let entry = file.entries[key], entry.value != .nothing {
            problems.append("\(place(of: key))\(key) has to be a map of names to values")
        }
        let variable = Self.variable(for: key) + "_"
        for (name, value) in environment where name.hasPrefix(variable) {
            let suffix = name.dropFirst(variable.count).lowercased().split(separator: "_").joined(separator: ".")
            if !suffix.isEmpty { result[suffix] = (value, .environment(name)) }
        }
        for flag in flags where flag.key.hasPrefix(prefix) {
            result[String(flag.key.dropFirst(prefix.count))] = (flag.value, .flag)
        }
        for (name, entry) in result.sorted(by: { $0.key < $1.key }) {
            settings.append(
                Setting(
                    key: prefix + name,
                    value: .text(entry.value),
                    builtIn: Setting.Value.none,
                    source: entry.source,
                    isSecret: isSecret(name)
                )
            )
        }
        return result.mapValues(\.value)
    }

    /// A map in the file whose keys are free: names to one text or a list of them.
    func textMap(_ key: String) -> [String: [String]] {
        freeMaps.insert(key)
        let prefix = key + "."
        var result: [String: [String]] = [:]
        for (name, entry) in file.entries.sorted(by: { $0.value.line < $1.value.line }) where name.hasPrefix(prefix) {
            let value: Setting.Value
            switch entry.value {
            case .text(let text): (value, result[String(name.dropFirst(prefix.count))]) = (.text(text), [text])
            case .list(let list): (value, result[String(name.dropFirst(prefix.count))]) = (.list(list), list)
            case .nothing: continue
            }
            settings.append(
                Setting(
                    key: name, value: value, builtIn: Setting.Value.none, source: .file(line: entry.line),
                    isSecret: false))
        }
        if let entry = file.entries[key], entry.value != .nothing {
            problems.append("\(place(of: key))\(key) has to be a map of names to values")
        }
        return result
    }

    /// Tells what a key without a value stands for, so that it can be shown.
    func resolve(_ key: String, as value: String) {
        guard let index = settings.lastIndex(where: { $0.key == key }), settings[index].value == .none else { return }
        settings[index].value = .text(value)
    }

    // MARK: Problems

    /// Notes what works, and may not do what is meant; `warning` follows the name of the key.
    func warn(_ warning: String, at key: String) {
        warnings.append("\(place(of: key))\(key) \(warning)")
    }

    /// Notes that the value of `key` cannot be used; `allowed` says what can.
    func refuse(_ key: String, value: String, allowed: String) {
        problems.append("\(place(of: key))\(key) is \"\(TextTable.printable(value))\"; allowed: \(allowed)")
    }

    /// Notes another problem with a key; `problem` follows its name: `kafka.properties.group.id is set by …`.
    func refuse(_ problem: String, at key: String) {
        problems.append("\(place(of: key))\(key) \(problem)")
    }

    /// Notes any other problem.
    func refuse(_ problem: String) {
        problems.append(problem)
    }

    /// Ends the reading.
    ///
    /// - Parameter ignoringUnknownKeys: For a command that needs only a part of the file.
    /// - Throws: `ConfigurationProblems` when anything was wrong, unknown keys included.
    func finish(ignoringUnknownKeys: Bool = false) throws(ConfigurationProblems) {
        if !ignoringUnknownKeys {
            let unknown = UnknownKeys(known: log.keys.union(freeMaps).union(freeMapsRead), freeMaps: freeMaps)
            problems += unknown.problems(in: file, flags: flags.map(\.key), place: place)
        }
        if !problems.isEmpty { throw ConfigurationProblems(file: fileName, problems: problems) }
    }

    // MARK: Inside

    private var freeMapsRead: Set<String> = []

    private func parsed<Value>(
        _ key: String,
        default builtIn: Value,
        allowed: String,
        parse: (String) -> Value?,
        write: (Value) -> String
    ) -> Value {
        let raw = rawText(key)
        let value = raw.flatMap(parse)
        if let raw, value == nil { refuse(key, value: raw, allowed: allowed) }
        note(key, value: .text(write(value ?? builtIn)), builtIn: .text(write(builtIn)), isGiven: raw != nil)
        return value ?? builtIn
    }

    private func rawText(_ key: String) -> String? {
        let value = reader.string(forKey: ConfigKey(key))
        if value == nil, hasProblem(with: key) {
            problems.append("\(place(of: key))\(key) has to be one value, not a list")
        }
        return value
    }

    private func rawList(_ key: String) -> [String]? {
        let value = reader.stringArray(forKey: ConfigKey(key))
        if value == nil, hasProblem(with: key) {
            problems.append("\(place(of: key))\(key) has to be a list: `[first, second]`, or one `- item` a line")
        }
        return value
    }

    /// Whether the last access of `key` failed because a layer holds something of another type.
    private func hasProblem(with key: String) -> Bool {
        guard let event = log.event(for: key) else { return false }
        if case .failure = event.result { return true }
        return event.providerResults.contains { if case .failure = $0.result { true } else { false } }
    }

    private func note(_ key: String, value: Setting.Value, builtIn: Setting.Value?, isGiven: Bool) {
        let source = isGiven ? source(of: key) : .builtIn
        settings.append(Setting(key: key, value: value, builtIn: builtIn, source: source, isSecret: false))
    }

    private func source(of key: String) -> Setting.Source {
        // Layers are asked in order until one answers: the number of answers says which it was.
        switch log.event(for: key)?.providerResults.count {
        case 1: .flag
        case 2: .environment(Self.variable(for: key))
        default: .file(line: file.entries[key]?.line ?? 0)
        }
    }

    private func place(of key: String) -> String {
        if case .failure? = log.event(for: key)?.result { return linePlace(of: key) }
        guard let event = log.event(for: key), case .success(.some) = event.result else { return linePlace(of: key) }
        switch source(of: key) {
        case .environment(let name): return "environment variable \(name): "
        case .flag: return "--set: "
        case .file, .builtIn: return linePlace(of: key)
        }
    }

    private func linePlace(of key: String) -> String {
        file.entries[key].map { "line \($0.line): " } ?? ""
    }
}
