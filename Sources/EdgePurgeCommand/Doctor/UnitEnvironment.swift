import FoundationEssentials

/// The variables that systemd gives a service from its `EnvironmentFile` (systemd.exec(5)): where passwords for Kafka
/// are.
///
/// Lines that go on behind a backslash are not understood.
enum UnitEnvironment {
    /// Those of the file beside a configuration (`agent.env` beside `agent.yaml`), over those of this process.
    static func variables(
        beside configuration: String, _ own: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String: String] {
        let path = URL(filePath: configuration).deletingPathExtension().path + ".env"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return own }
        return own.merging(read(text)) { $1 }
    }

    static func read(_ text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            guard let first = line.first, first != "#", first != ";", let equals = line.firstIndex(of: "=") else {
                continue
            }
            var value = line[line.index(after: equals)...]
            while value.last?.isWhitespace == true { value.removeLast() }
            if value.count > 1, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
                value = value.dropFirst().dropLast()
            }
            variables[String(line[..<equals])] = String(value)
        }
        return variables
    }
}
