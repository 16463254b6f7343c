import ControlPlane
import PurgeModel

/// Maps `zones.yaml` onto a `ZoneTable`.
enum ZoneSettings {
    /// Reads the file.
    ///
    /// - Throws: `ConfigurationProblems` with everything that is wrong.
    static func load(path: String) throws(ConfigurationProblems) -> ZoneTable {
        // Zones come from their file only: no environment, no flags.
        try read(SettingsReader(path: path, environment: [:], namedBy: "zones.file"), file: path)
    }

    /// Reads every zone.
    static func read(_ reader: SettingsReader, file: String?) throws(ConfigurationProblems) -> ZoneTable {
        var zones: [Zone] = []
        for index in 0..<reader.count(of: "zones", first: "id") {
            let key = "zones.\(index)"
            let id = reader.requiredText(
                "\(key).id",
                meaning: "32 hexadecimal digits, made once with `openssl rand -hex 16`",
                example: "023e105f4ecef8ad9ca31a8372d0c353"
            )
            let name = reader.requiredText("\(key).name", meaning: "what people call the zone", example: "shop.example")
            let scope = scope("\(key).scope", reader)
            let account = reader.optionalText("\(key).account")
            if let account, !NameRule.isPlain(account, lengthMax: 128) {
                reader.refuse("\(key).account", value: account, allowed: "1 to 128 of A-Z a-z 0-9 . _ -")
            }
            let limits = limits(key, reader)
            guard !id.isEmpty, !name.isEmpty else { continue }
            do {
                zones.append(
                    try Zone(id: id, name: name, scope: Scope(scope), account: account, limits: limits))
            } catch {
                reader.refuse("\(key): \(error)")
            }
        }
        try reader.finish()
        return try table(zones, file: file)
    }

    /// The table of `zones`.
    ///
    /// - Throws: `ConfigurationProblems` when two have one id.
    static func table(_ zones: [Zone], file: String?) throws(ConfigurationProblems) -> ZoneTable {
        do {
            return try ZoneTable(zones)
        } catch {
            throw ConfigurationProblems(file: file, problems: ["\(error)"])
        }
    }

    private static func limits(_ key: String, _ reader: SettingsReader) -> ZoneLimits {
        var limits = ZoneLimits(
            plan: reader.choice("\(key).plan", default: .unlimited, PurgePlan.allCases.map { ($0.rawValue, $0) }))
        limits.burst = optionalNumber("\(key).limits.burst", reader)
        limits.requestsPerMinute = optionalNumber("\(key).limits.requests_per_minute", reader)
        limits.urlsPerSecond = optionalNumber("\(key).limits.urls_per_second", reader)
        limits.keysPerRequest = optionalNumber("\(key).limits.keys_per_request", reader, most: 10_000)
        limits.urlsPerRequest = optionalNumber("\(key).limits.urls_per_request", reader, most: 10_000)
        return limits
    }

    private static func optionalNumber(_ key: String, _ reader: SettingsReader, most: Int = 1_000_000) -> Int? {
        guard let text = reader.optionalText(key) else { return nil }
        if let number = Int(text), (1...most).contains(number) { return number }
        reader.refuse(key, value: text, allowed: "a whole number from 1 to \(most)")
        return nil
    }

    private static func scope(_ key: String, _ reader: SettingsReader) -> [HostPattern] {
        reader.list(key, default: []).compactMap { text in
            do {
                return try HostPattern(validating: text)
            } catch {
                reader.refuse(
                    key, value: text,
                    allowed: "hosts (shop.example), their subdomains (*.shop.example), or * (\(error))")
                return nil
            }
        }
    }
}
