/// That each place with a cache tells in the access log when its fetches began, with its own key.
extension NginxRewrite {
    /// The log that one place needs.
    private struct Log {
        let location: NginxLocation
        /// The key that has to be in its lines.
        let key: String
        /// Where the lines in force stand: `http`, a server, or the location itself; nil where there are none.
        let level: NginxDirective?
        let inForce: [NginxDirective]
    }

    /// Adds an access log to all that are not in it yet.
    mutating func changeLogs() {
        guard let path = goal.expectation.accessLog else { return }
        let check = check
        var absent: [Log] = []
        var all: [Log] = []
        for location in check.locations {
            // Where nobody knows the key, its lines help the agent nothing, and do no harm.
            let key = CacheKeyUse(location, http: check.http).logged ?? "$scheme://$host$request_uri$slice_range"
            let level = location.levels.last { !$0.children("access_log").isEmpty }
            let log = Log(
                location: location, key: key, level: level, inForce: level?.children("access_log") ?? [])
            all.append(log)
            if !isLogged(log, path, check) { absent.append(log) }
        }
        guard !absent.isEmpty else { return }
        var (formats, lines) = formats(of: Set(absent.map(\.key)), check)
        var edits: [NginxEdit] = []
        var isDone: Set<NginxDirective.Place> = []
        for log in absent {
            let peers = all.filter { $0.level?.place == log.level?.place }
            let isOuter = log.level == nil || log.level?.name == "http" || log.level?.name == "server"
            let isFree = !log.inForce.contains { ["off", path].contains($0.arguments.first) }
            guard let format = formats[log.key] else { continue }
            let line = NginxWord.line("access_log", [path, format])
            if isOuter, isFree, log.key == Self.usual(peers) {
                guard isDone.insert(log.level?.place ?? .init(file: "", line: 0)).inserted else { continue }
                if let level = log.level, level.name == "server", let last = log.inForce.last {
                    edits.append(sources.insert([line], behind: last, for: "access_log"))
                } else {
                    // nginx logs there as long as nobody says anything else.
                    if log.level == nil { lines.append(NginxWord.line("access_log", [goal.standardLog, "combined"])) }
                    lines.append(line)
                }
            } else {
                edits += edit(log, line, path)
            }
        }
        if check.http.allSatisfy({ $0.children("log_subrequest").isEmpty }) { lines.append("log_subrequest on;") }
        // Before the lines at the http level, which move the places of these.
        sources.apply(edits)
        if !lines.isEmpty { addToHTTP(lines) }
    }

    /// The key of most of them: it stands at their common level, and the others have a log of their own.
    private static func usual(_ logs: [Log]) -> String? {
        let counts = logs.reduce(into: [String: Int]()) { $0[$1.key, default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    /// Whether the lines of a place come into the log, with its key.
    private func isLogged(_ log: Log, _ path: String, _ check: NginxCheck) -> Bool {
        guard let line = log.inForce.first(where: { $0.arguments.first == path }),
            !log.inForce.contains(where: { $0.arguments.first == "off" }),
            let format = format(line.arguments.dropFirst().first ?? "combined", check)
        else { return false }
        let isDelayed = line.arguments.contains { argument in
            ["buffer=", "gzip", "flush="].contains { argument.hasPrefix($0) }
        }
        return !isDelayed && isFormat(format, of: log.key, check)
    }

    private func isFormat(_ format: NginxDirective, of key: String, _ check: NginxCheck) -> Bool {
        NginxCheck.loggedKey(format).map { NginxValue(check.resolved($0)).isSame(key) } == true
    }

    private func format(_ name: String, _ check: NginxCheck) -> NginxDirective? {
        check.http.flatMap { $0.children("log_format") }.last { $0.arguments.first == name }
    }

    /// The line in the location, with those that it hides.
    private func edit(_ log: Log, _ line: String, _ path: String) -> [NginxEdit] {
        guard let block = Self.block(log.location) else { return [] }
        if let level = log.level, let last = log.inForce.last,
            level.place == block.place || !["http", "server"].contains(level.name)
        {
            let old = log.inForce.filter { ["off", path].contains($0.arguments.first) }
            guard let first = old.first else { return [sources.insert([line], behind: last, for: "access_log")] }
            return [sources.replace(first, with: line, for: "access_log")]
                + old.dropFirst().map { sources.replace($0, with: "", for: "access_log") }
        }
        let kept = log.inForce.filter { !["off", path].contains($0.arguments.first) }
            .map { NginxWord.line($0.name, $0.arguments) }
        // Without any line nginx has one of its own.
        let standard = log.level == nil ? [NginxWord.line("access_log", [goal.standardLog, "combined"])] : []
        return [sources.insert(kept + standard + [line], into: block, for: "access_log")]
    }

    // MARK: Formats

    /// The names of the formats with these keys, and the lines of those that are not there yet.
    private func formats(of keys: Set<String>, _ check: NginxCheck) -> (names: [String: String], lines: [String]) {
        var names: [String: String] = [:]
        var lines: [String] = []
        let formats = check.http.flatMap { $0.children("log_format") }
        var taken = Set(formats.compactMap(\.arguments.first))
        for key in keys.sorted() {
            let known = formats.first { isFormat($0, of: key, check) }
            if let name = known?.arguments.first {
                names[key] = name
                continue
            }
            let name =
                (1...).lazy.map { $0 == 1 ? "edge_purge" : "edge_purge_\($0)" }.first { !taken.contains($0) } ?? ""
            taken.insert(name)
            names[key] = name
            let variable = name + "_key"
            lines += [
                "map \"\" $\(variable) {", "    volatile;", "    default \(NginxWord.quoted(key));", "}",
                "log_format \(name) escape=default",
                "    '\(NginxConfiguration.fetchLogFormat.replacing("$edge_purge_key", with: "$" + variable))';",
            ]
        }
        return (names, lines)
    }
}
