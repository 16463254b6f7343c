import ControlPlane
import FoundationEssentials
import PurgeModel

/// Reads the file of tokens, as ``TokenFile`` writes it.
enum TokenSettings {
    /// The key of control.yaml that names the file.
    static let key = "tokens.file"
    /// What it is called unless told otherwise.
    static let standardFile = "tokens.yaml"

    /// Where the file is: a relative path is meant from the state directory, because a program writes it.
    static func path(_ reader: SettingsReader, stateDirectory: String) -> String {
        let file = reader.text(key, default: standardFile)
        return file.hasPrefix("/") ? file : "\(stateDirectory)/\(file)"
    }

    /// Reads the file.
    ///
    /// - Returns: The tokens in the order of the file; nil when there is no such file.
    /// - Throws: `ConfigurationProblems` when it cannot be read or something in it is wrong.
    static func load(path: String) throws(ConfigurationProblems) -> [AccessToken]? {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch let error as CocoaError where [.fileReadNoSuchFile, .fileNoSuchFile].contains(error.code) {
            return nil
        } catch {
            throw ConfigurationProblems(file: path, problems: ["cannot be read: \(FileProblem.reason(error))"])
        }
        return try read(
            SettingsReader(yaml: try FlatYAML(yaml: text, file: path), fileName: path, environment: [:], namedBy: key))
    }

    /// Reads every token.
    static func read(_ reader: SettingsReader) throws(ConfigurationProblems) -> [AccessToken] {
        var tokens: [AccessToken] = []
        for index in 0..<reader.count(of: "tokens", first: "id") {
            guard let token = token("tokens.\(index)", reader) else { continue }
            if tokens.contains(where: { $0.id == token.id || $0.name == token.name }) {
                reader.refuse("is there twice; each token has a name and an id of its own", at: "tokens.\(index)")
            }
            tokens.append(token)
        }
        try reader.finish()
        return tokens
    }

    private static func token(_ key: String, _ reader: SettingsReader) -> AccessToken? {
        let id = checked("\(key).id", reader, allowed: "16 hexadecimal digits") {
            TokenText.isID($0) ? $0 : nil
        }
        let name = checked("\(key).name", reader, allowed: TokenRule.name) { TokenRule.isName($0) ? $0 : nil }
        let permissions = reader.list("\(key).permissions", default: []).compactMap { text -> Permission? in
            let permission = Permission(rawValue: text)
            if permission == nil { reader.refuse("\(key).permissions", value: text, allowed: TokenRule.permissions) }
            return permission
        }
        let zones = zones("\(key).zones", reader)
        let salt = checked("\(key).salt", reader, allowed: "hexadecimal digits", parse: HexText.bytes)
        let hash = checked("\(key).hash", reader, allowed: "hexadecimal digits", parse: HexText.bytes)
        let created = checked("\(key).created", reader, allowed: TokenRule.time, parse: Timestamp.init(rfc3339:))
        let expires = reader.optionalText("\(key).expires").map { text -> Timestamp in
            if let moment = Timestamp(rfc3339: text) { return moment }
            reader.refuse("\(key).expires", value: text, allowed: TokenRule.time)
            return Timestamp(milliseconds: 0)
        }
        let email = reader.optionalText("\(key).email")
        guard let id, let name, let salt, let hash, let created else { return nil }
        return AccessToken(
            id: id, name: name, permissions: Set(permissions), zones: zones, salt: salt, hash: hash,
            createdAt: created, expiresAt: expires, email: email)
    }

    private static func checked<Value>(
        _ key: String, _ reader: SettingsReader, allowed: String, parse: (String) -> Value?
    ) -> Value? {
        let text = reader.requiredText(key, meaning: allowed, example: "edge-purge token create")
        if text.isEmpty { return nil }
        let value = parse(text)
        if value == nil { reader.refuse(key, value: text, allowed: allowed) }
        return value
    }

    private static func zones(_ key: String, _ reader: SettingsReader) -> ZoneGrant {
        let texts = reader.list(key, default: [])
        if texts.contains("*") { return .all }
        for text in texts where !ControlClient.isZoneID(text) {
            reader.refuse(key, value: text, allowed: "zone ids of 32 hexadecimal digits, or *")
        }
        return .some(Set(texts.map { $0.lowercased() }))
    }
}
