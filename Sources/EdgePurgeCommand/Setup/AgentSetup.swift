import EdgeAgent
import FoundationEssentials
import Kafka
import PurgeModel

/// What a cache machine needs so that its agent purges what its nginx caches: worked out, and not written yet.
struct AgentSetup {
    /// What a person says beside what nginx's configuration says.
    struct Wishes: Sendable {
        /// agent.yaml.
        var configuration: String
        /// Where the files go that nginx includes.
        var snippets: String
        /// Where drop-ins of systemd go.
        var units: String
        var brokers: String?
        /// The hosts of keys that have none.
        var hosts: [String] = []
        /// Header fields with tags, beside those that are known: separated by commas, or by spaces.
        var commaTags: [String] = []
        var spaceTags: [String] = []
        /// Whether nginx is to ask.
        var asks = false
        /// The access log that may be added; nil: none.
        var accessLog: String?
        /// Whether another nginx runs here, whose caches agent.yaml may have too.
        var hasOthers = false
    }

    let caches: [CachePlan]
    /// What is to be written, agent.yaml last.
    let changes: [SetupChange]
    let problems: [SetupProblem]
    let notes: [String]
    /// The user of nginx's workers; nil where nobody knows.
    let user: String?

    /// A file that has nothing yet but a head.
    private static let emptyFile = """
        # Written by edge-purge setup from nginx's configuration; run it again when that has changed. What is written
        # here by hand stays. config/agent.yaml in the sources explains every key.

        """
    private static let standardAskSocket = "/run/edge-purge/ask.sock"
    private static let standardBrokers = "127.0.0.1:9092"

    /// - Parameters:
    ///   - dump: what `nginx -T` printed.
    ///   - existing: agent.yaml as it is; nil: there is none.
    /// - Throws: `ConfigurationProblems` where agent.yaml cannot be used.
    init(_ dump: NginxDump, _ build: NginxBuild, _ wishes: Wishes, existing: String?) throws(ConfigurationProblems) {
        let current = try existing.map { text throws(ConfigurationProblems) in
            try Self.settings(text, file: wishes.configuration)
        }
        var notes: [String] = []
        var problems: [SetupProblem] = []
        let log = current?.accessLog ?? wishes.accessLog.map { Self.log(in: dump) ?? $0 }
        caches = Self.plans(dump, build, wishes, current, hasLog: log != nil, &problems)
        let names = dump.directives.last { $0.name == "user" }?.arguments ?? []
        user = names.first ?? build.user
        let group = names.last ?? build.group
        var wanted =
            current
            ?? AgentConfiguration(
                agent: "", stateDirectory: "", kafka: .init(bootstrapServers: "", clientID: "", properties: [:]),
                caches: [])
        wanted.caches = Self.caches(caches, current, &notes)
        wanted.accessLog = log
        if wishes.asks, wanted.ask.socket == nil {
            wanted.ask.socket = Self.standardAskSocket
            // On a disk a look that finds nothing costs less; the agent runs as nginx's user.
            if wanted.ask.marker == AskConfiguration.standardMarker {
                wanted.ask.marker = (current?.stateDirectory ?? AgentSettings.standardStateDirectory) + "/ask"
            }
        }
        if wishes.asks, wanted.ask.group == nil { wanted.ask.group = group }

        let rewrite = NginxRewrite(
            dump,
            NginxRewrite.Goal(
                expectation: NginxExpectation(wanted), folder: wishes.snippets, askSocket: wanted.ask.socket,
                standardLog: build.standardLog, missingModules: build.missingModules,
                hasAuthRequest: build.hasAuthRequest))
        problems +=
            caches.flatMap(\.problems) + Self.othersOwn(wanted.caches, caches, user)
            + Self.left(rewrite, toldAt: Set(caches.flatMap(\.problems).map(\.place)), wishes)
        notes += caches.flatMap(\.notes) + SetupHints.notes(dump, wanted.tagHeaders.headers.map(\.name))
        let agent = Self.agentFile(wanted, current, wishes, existing, &notes, &problems)
        changes =
            Self.changes(dump, rewrite.sources.dump)
            + [Self.unit(wanted.caches, user, group: group, wishes), agent].compactMap { $0 }
        self.problems = Self.unique(problems)
        self.notes = Self.unique(notes)
    }

    /// What the check finds in nginx's configuration as it is to be.
    private static func left(
        _ rewrite: NginxRewrite, toldAt places: Set<String?>, _ wishes: Wishes
    ) -> [SetupProblem] {
        let findings = rewrite.check.findings.filter { finding in
            // It may be of one of these.
            if finding.kind == .cachePathMissing, wishes.hasOthers { return false }
            // Of a key that cannot be used enough has been said.
            return ![.cacheKeyMissing, .cacheKeyDiffers].contains(finding.kind) || !places.contains(finding.place)
        }
        return rewrite.problems.map { SetupProblem($0, "then run this again") } + findings.map(SetupProblem.init)
    }

    /// Caches that agent.yaml has beside those of this nginx, and that its user cannot purge.
    private static func othersOwn(
        _ caches: [CacheConfiguration], _ plans: [CachePlan], _ user: String?
    ) -> [SetupProblem] {
        caches.filter { cache in !plans.contains { $0.path == cache.path } }.compactMap { cache in
            guard let user, let owner = Account.owner(of: cache.path), owner != user, owner != "root" else {
                return nil
            }
            return SetupProblem(
                "\(cache.path), of another nginx, belongs to \(owner), and the agent is to run as \(user): it cannot "
                    + "purge there",
                "take it out of agent.yaml, and run another agent as \(owner) for it, with an agent.id, "
                    + "agent.state_directory and fence.file of its own")
        }
    }

    private static func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
        var seen: Set<Element> = []
        return elements.filter { seen.insert($0).inserted }
    }

    private static func settings(_ text: String, file: String) throws(ConfigurationProblems) -> AgentConfiguration {
        let reader = SettingsReader(yaml: try FlatYAML(yaml: text, file: file), fileName: file, environment: [:])
        return try AgentSettings.read(reader).configuration
    }

    // MARK: Caches

    private static func plans(
        _ dump: NginxDump, _ build: NginxBuild, _ wishes: Wishes, _ current: AgentConfiguration?, hasLog: Bool,
        _ problems: inout [SetupProblem]
    ) -> [CachePlan] {
        let http = dump.directives.filter { $0.name == "http" }
        let locations = NginxLocation.all(in: dump.directives)
        var plans: [CachePlan] = []
        for module in NginxModule.allCases {
            for directive in http.flatMap({ $0.children(module.directive("cache_path")) }) {
                guard let written = directive.arguments.first else { continue }
                guard let path = build.absolute(written) else {
                    problems.append(
                        SetupProblem(
                            "\(directive.place): the path \(written) is relative, and nobody knows to what",
                            "write it with a leading slash in nginx's configuration"))
                    continue
                }
                let zone = CachePlan.zone(of: directive)
                let uses = locations.filter { location in
                    guard let own = location.zone else { return false }
                    // One with a variable may be any.
                    return location.module == module && (own == zone || own.contains("$"))
                }.map { CacheKeyUse($0, http: http) }
                let existing = current?.caches.first { NginxExpectation.isSame($0.path, path) }
                plans.append(
                    CachePlan(
                        directive, module, path: existing?.path ?? path, uses: uses, hosts: wishes.hosts,
                        existing: existing, hasLog: hasLog))
            }
        }
        return plans
    }

    /// What agent.yaml is to list: what nginx has and uses, and what it listed before.
    private static func caches(
        _ plans: [CachePlan], _ current: AgentConfiguration?, _ notes: inout [String]
    ) -> [CacheConfiguration] {
        var caches: [CacheConfiguration] = []
        for plan in plans where !plan.uses.isEmpty || current?.caches.contains(where: { $0.path == plan.path }) == true
        {
            caches.append(plan.configuration)
            let old = current?.caches.first { $0.path == plan.path }
            if let old, old != plan.configuration {
                notes.append("\(old.path): its keys in agent.yaml change, so the agent empties this cache once")
            }
        }
        for plan in plans where plan.uses.isEmpty {
            notes.append("\(plan.directive.place): no place of nginx stores anything in \(plan.path)")
        }
        for old in current?.caches ?? [] where !plans.contains(where: { $0.path == old.path }) {
            // The example of the package, or one that is no more.
            if FileManager.default.fileExists(atPath: old.path) {
                caches.append(old)
            } else {
                notes.append("\(old.path) is in agent.yaml, and neither in nginx nor on the disk: it is taken out")
            }
        }
        return caches
    }

    // MARK: agent.yaml

    private static func agentFile(
        _ wanted: AgentConfiguration, _ current: AgentConfiguration?, _ wishes: Wishes, _ existing: String?,
        _ notes: inout [String], _ problems: inout [SetupProblem]
    ) -> SetupChange? {
        let path = wishes.configuration
        if current == nil, wishes.brokers == nil {
            notes.append("kafka.bootstrap_servers is \(standardBrokers): give yours with --bootstrap kafka1:9092")
        }
        let text = write(wanted, over: current, wishes, SettingsText(existing ?? emptyFile))
        guard text != existing else { return nil }
        let read = try? settings(text, file: path)
        if let read, read.caches == wanted.caches, read.accessLog == wanted.accessLog, read.ask == wanted.ask {
            return SetupChange(path: path, old: existing, new: text)
        }
        problems.append(
            SetupProblem(
                "\(path) is written in a way in which it cannot be changed here",
                "write into it:\n\(write(wanted, over: current, wishes, SettingsText("")))"))
        return nil
    }

    private static func write(
        _ wanted: AgentConfiguration, over current: AgentConfiguration?, _ wishes: Wishes, _ old: SettingsText
    ) -> String {
        var file = old
        let brokers = wishes.brokers ?? (current == nil ? standardBrokers : nil)
        if let brokers, brokers != current?.kafka.bootstrapServers {
            file.set("kafka.bootstrap_servers", to: brokers)
        }
        if wanted.caches != current?.caches { file.replaceSection("caches", with: section(wanted.caches)) }
        for (key, value, before) in [
            ("guard.access_log", wanted.accessLog, current?.accessLog),
            ("ask.socket", wanted.ask.socket, current?.ask.socket),
            ("ask.socket_group", wanted.ask.group, current?.ask.group),
            ("ask.marker", wanted.ask.marker, current?.ask.marker ?? AskConfiguration.standardMarker),
        ] {
            if let value, value != before { file.set(key, to: value) }
        }
        for (key, separator, given) in [
            ("tags.comma_headers", CacheTagHeaders.Separator.comma, wishes.commaTags),
            ("tags.space_headers", .space, wishes.spaceTags),
        ] {
            let known = wanted.tagHeaders.headers.filter { $0.separator == separator }.map(\.name)
            let new = given.filter { name in !known.contains { $0.lowercased() == name.lowercased() } }
            if !new.isEmpty { file.set(key, to: known + new) }
        }
        return file.text
    }

    private static func section(_ caches: [CacheConfiguration]) -> [String] {
        var section = ["caches:"]
        for cache in caches {
            section.append("  - path: \(SettingsText.quoted(cache.path))")
            section.append("    cache_key: \(SettingsText.list(cache.cacheKeys))")
            if !cache.hosts.isEmpty { section.append("    host: \(SettingsText.list(cache.hosts))") }
            if !cache.values.isEmpty { section.append("    values:") }
            for (name, value) in cache.values.sorted(by: { $0.key < $1.key }) {
                let text =
                    switch value {
                    case .oneOf(let texts): "[\(texts.map(SettingsText.quoted).joined(separator: ", "))]"
                    case .same(let other): SettingsText.quoted("$" + other)
                    }
                section.append("      \(name): \(text)")
            }
        }
        return section
    }

    // MARK: Files

    private static func changes(_ old: NginxDump, _ new: NginxDump) -> [SetupChange] {
        new.files.compactMap { file in
            // One of ours may lie there, and not be included.
            let before =
                old.files.first { $0.name == file.name }?.text
                ?? (try? String(contentsOfFile: file.name, encoding: .utf8))
            return before == file.text ? nil : SetupChange(path: file.name, old: before, new: file.text)
        }
    }

    /// What the agent's unit needs beside what it has: nginx's user, and to write where the caches are.
    ///
    /// - Parameters:
    ///   - caches: all of agent.yaml, those of another nginx too.
    ///   - user: nil where nobody knows.
    ///   - group: nil for the user's own.
    private static func unit(
        _ caches: [CacheConfiguration], _ user: String?, group: String?, _ wishes: Wishes
    ) -> SetupChange? {
        // systemd follows links in none of these.
        let paths = caches.flatMap { [$0.path, URL(filePath: $0.path).resolvingSymlinksInPath().path] }
            .filter { !$0.hasPrefix("/var/cache/nginx/") && $0 != "/var/cache/nginx" }.sorted()
        let isUsual = user == nil || user == "www-data" && group == "www-data"
        guard !paths.isEmpty || !isUsual else { return nil }
        var lines = ["# Written by edge-purge setup.", "[Service]"]
        if !isUsual, let user { lines += ["User=\(user)", "Group=\(group ?? "")"] }
        if !paths.isEmpty { lines.append("ReadWritePaths=" + unique(paths).map { "\"\($0)\"" }.joined(separator: " ")) }
        // The unit has directories of its own, or none, in the place of these.
        func isAny(below folders: String...) -> Bool {
            paths.contains { path in folders.contains { path.hasPrefix($0 + "/") } }
        }
        if isAny(below: "/tmp", "/var/tmp") { lines.append("PrivateTmp=no") }
        if isAny(below: "/home", "/root", "/run/user") { lines.append("ProtectHome=no") }
        let path = "\(wishes.units)/edge-purge-agent.service.d/nginx.conf"
        let text = lines.joined(separator: "\n") + "\n"
        let old = try? String(contentsOfFile: path, encoding: .utf8)
        return old == text ? nil : SetupChange(path: path, old: old, new: text)
    }

    /// A log in our format that nginx has already.
    private static func log(in dump: NginxDump) -> String? {
        let check = NginxCheck(dump, NginxExpectation(caches: []))
        let formats = check.http.flatMap { $0.children("log_format") }.filter { NginxCheck.loggedKey($0) != nil }
        let names = Set(formats.compactMap(\.arguments.first))
        return check.locations.lazy.flatMap { $0.inForce("access_log") }.first { line in
            line.arguments.dropFirst().first.map(names.contains) == true && line.arguments[0].hasPrefix("/")
        }?.arguments.first
    }
}
