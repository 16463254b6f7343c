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
    }

    let caches: [CachePlan]
    /// What is to be written, agent.yaml last.
    let changes: [SetupChange]
    let problems: [SetupProblem]
    let notes: [String]
    /// The user of nginx's workers; nil where nobody knows.
    let user: String?

    private static let standardAskSocket = "/run/edge-purge/ask.sock"
    private static let recommendedBroker = "127.0.0.1:9092"

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
        let plans = Self.plans(dump, build, wishes, current, hasLog: log != nil, &problems)
        caches = plans
        var wanted = AgentConfiguration(
            agent: "", stateDirectory: "", kafka: .init(bootstrapServers: "", clientID: "", properties: [:]),
            caches: [])
        if let current { wanted = current }
        wanted.caches = Self.caches(plans, current, &notes)
        wanted.accessLog = log
        if wishes.asks, wanted.ask.socket == nil { wanted.ask.socket = Self.standardAskSocket }
        user = dump.directives.last { $0.name == "user" }?.arguments.first ?? build.user
        if wishes.asks, wanted.ask.group == nil { wanted.ask.group = Self.group(dump) ?? user }

        let rewrite = NginxRewrite(
            dump,
            NginxRewrite.Goal(
                expectation: NginxExpectation(wanted), folder: wishes.snippets, askSocket: wanted.ask.socket,
                standardLog: build.standardLog, missingModules: build.missingModules,
                hasAuthRequest: build.hasAuthRequest))
        problems += plans.flatMap(\.problems)
        problems += rewrite.problems.map { SetupProblem($0, "then run this again") }
        let told = Set(problems.compactMap(\.place))
        let isToldAlready = { (finding: NginxFinding) in
            [.cacheKeyMissing, .cacheKeyDiffers].contains(finding.kind) && finding.place.map(told.contains) == true
        }
        problems += rewrite.check.findings.filter { !isToldAlready($0) }.map(SetupProblem.init)
        notes += plans.flatMap(\.notes) + SetupHints.notes(dump, wanted.tagHeaders.headers.map(\.name))

        var file = AgentFile(existing ?? AgentFile.empty)
        Self.write(wanted, over: current, wishes, &file, &notes)
        problems += file.refused.map { SetupProblem("\(wishes.configuration) is written so that it cannot be changed", "write into it: \($0)") }
        var changes = Self.changes(dump, rewrite.sources.dump)
        if let unit = Self.unit(plans, user, wishes) { changes.append(unit) }
        if file.text != existing {
            changes.append(SetupChange(path: wishes.configuration, old: existing, new: file.text))
            _ = try Self.settings(file.text, file: wishes.configuration)
        }
        self.changes = changes
        self.problems = Self.unique(problems)
        self.notes = Self.unique(notes)
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
        for plan in plans where !plan.uses.isEmpty || current?.caches.contains(where: { $0.path == plan.path }) == true {
            caches.append(plan.configuration)
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

    private static func write(
        _ wanted: AgentConfiguration, over current: AgentConfiguration?, _ wishes: Wishes, _ file: inout AgentFile,
        _ notes: inout [String]
    ) {
        if let brokers = wishes.brokers ?? (current == nil ? recommendedBroker : nil),
            brokers != current?.kafka.bootstrapServers
        {
            file.set("kafka.bootstrap_servers", to: brokers)
            if wishes.brokers == nil {
                notes.append("kafka.bootstrap_servers is \(brokers): give yours with --bootstrap kafka1:9092")
            }
        }
        if wanted.caches != current?.caches { file.setCaches(wanted.caches) }
        if let log = wanted.accessLog, log != current?.accessLog { file.set("guard.access_log", to: log) }
        if let socket = wanted.ask.socket, socket != current?.ask.socket {
            file.set("ask.socket", to: socket)
        }
        if let group = wanted.ask.group, group != current?.ask.group { file.set("ask.socket_group", to: group) }
        for (key, separator, given) in [
            ("tags.comma_headers", CacheTagHeaders.Separator.comma, wishes.commaTags),
            ("tags.space_headers", .space, wishes.spaceTags),
        ] {
            let known = wanted.tagHeaders.headers.filter { $0.separator == separator }.map(\.name)
            let new = given.filter { name in !known.contains { $0.lowercased() == name.lowercased() } }
            if !new.isEmpty { file.set(key, to: known + new) }
        }
    }

    // MARK: Files

    private static func changes(_ old: NginxDump, _ new: NginxDump) -> [SetupChange] {
        new.files.compactMap { file in
            let before = old.files.first { $0.name == file.name }?.text
            guard before != file.text else { return nil }
            return SetupChange(path: file.name, old: before, new: file.text)
        }
    }

    /// What the agent's unit needs beside what it has: nginx's user, and to write where the caches are.
    private static func unit(_ plans: [CachePlan], _ user: String?, _ wishes: Wishes) -> SetupChange? {
        let paths = plans.map(\.path).filter { !$0.hasPrefix("/var/cache/nginx/") && $0 != "/var/cache/nginx" }.sorted()
        let user = user.flatMap { $0 == "www-data" ? nil : $0 }
        guard !paths.isEmpty || user != nil else { return nil }
        var lines = ["# Written by edge-purge setup.", "[Service]"]
        if let user { lines += ["User=\(user)", "Group=\(user)"] }
        if !paths.isEmpty { lines.append("ReadWritePaths=" + unique(paths).map { "\"\($0)\"" }.joined(separator: " ")) }
        let path = "\(wishes.units)/edge-purge-agent.service.d/nginx.conf"
        let text = lines.joined(separator: "\n") + "\n"
        let old = try? String(contentsOfFile: path, encoding: .utf8)
        return old == text ? nil : SetupChange(path: path, old: old, new: text)
    }

    /// `user www-data www-data;`
    private static func group(_ dump: NginxDump) -> String? {
        dump.directives.last { $0.name == "user" }?.arguments.dropFirst().first
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
