/// Whether each cache tells the agent of its fetches.
extension NginxCheck {
    /// Why the agent learns nothing, or too late, from the access log about what a location fetches.
    func logFindings(_ location: NginxLocation) -> [NginxFinding] {
        guard let path = expectation.accessLog else { return [] }
        guard let log = location.inForce("access_log").first(where: { $0.arguments.first == path }) else {
            let own = location.inForce("access_log").first
            return [
                finding(
                    .accessLogMissing, own?.place ?? location.place,
                    "no access_log \(path) is in force here: the agent cannot tell new objects of this location from "
                        + "late ones",
                    "add access_log \(path) edge_purge; to the other access_log lines of this level")
            ]
        }
        var findings: [NginxFinding] = []
        let options = log.arguments.dropFirst()
        if options.contains(where: { $0.hasPrefix("buffer=") || $0.hasPrefix("gzip") || $0.hasPrefix("flush=") }) {
            findings.append(
                finding(
                    .accessLogBuffered, log.place, "\(log.heading): the lines come too late for the agent",
                    "take buffer=, gzip and flush= out of it"))
        }
        return findings + formatFindings(log, format: options.first ?? "combined", location)
    }

    private func formatFindings(_ log: NginxDirective, format name: String, _ location: NginxLocation) -> [NginxFinding]
    {
        let format = http.flatMap { $0.children("log_format") }.last { $0.arguments.first == name }
        guard let format, let key = Self.loggedKey(format) else {
            return [
                finding(
                    .accessLogFormat, format?.place ?? log.place,
                    "the log_format \(name) is not edge_purge, version 2: the agent does not use the log",
                    "take log_format edge_purge from deploy/nginx/edge-purge.conf, move the log aside, reload nginx")
            ]
        }
        guard let expected = location.key?.arguments.first else { return [] }
        let logged = NginxValue(resolved(key)).withoutSlice
        guard logged != NginxValue(expected).withoutSlice else { return [] }
        return [
            finding(
                .accessLogKey, log.place,
                "the log has the key \(resolved(key)), and this location has \(expected): its lines help the agent "
                    + "nothing",
                "give this location a map, a log_format and an access_log of its own, with its key")
        ]
    }

    /// What stands for the key in a format of version 2; nil when it is another format, or written without escapes.
    static func loggedKey(_ format: NginxDirective) -> String? {
        var texts = format.arguments.dropFirst()
        if let escape = texts.first, escape.hasPrefix("escape=") {
            guard escape == "escape=default" else { return nil }
            texts.removeFirst()
        }
        let text = texts.joined()
        let ours = NginxConfiguration.fetchLogFormat
        // All of it up to the key, and the quote behind that.
        guard let variable = ours.lastIndex(of: "$"), text.hasPrefix(ours[..<variable]), text.hasSuffix("\"") else {
            return nil
        }
        return String(text.dropFirst(ours[..<variable].count).dropLast())
    }

    /// A variable that a `map` makes of nothing stands for the default there.
    func resolved(_ key: String) -> String {
        guard case .variable(let name) = NginxValue(key).parts.first, NginxValue(key).parts.count == 1 else {
            return key
        }
        let map = http.flatMap { $0.children("map") }.first { $0.arguments.last == "$\(name)" }
        return map?.children("default").last?.arguments.first ?? key
    }

    private func finding(
        _ kind: NginxFinding.Kind, _ place: NginxDirective.Place, _ problem: String, _ advice: String
    ) -> NginxFinding {
        NginxFinding(kind: kind, place: "\(place)", problem: problem, advice: advice)
    }
}
