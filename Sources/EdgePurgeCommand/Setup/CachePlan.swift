import EdgeAgent

/// One cache path of nginx, and what agent.yaml is to say of it.
struct CachePlan {
    /// The directive that makes the cache.
    let directive: NginxDirective
    let module: NginxModule
    /// Its directory, absolute.
    let path: String
    let zone: String
    /// The keys in use, with their places, in the order of the configuration.
    let uses: [CacheKeyUse]
    /// The item under `caches`.
    private(set) var configuration: CacheConfiguration
    /// Of each of the uses how the agent learns names: `template`, `learn`, or `none`.
    private(set) var readings: [String] = []
    /// What does not work, and what to do: places of nginx with a problem each.
    private(set) var problems: [SetupProblem] = []
    /// What works, and should be known.
    private(set) var notes: [String] = []

    /// - Parameters:
    ///   - hosts: those of every object whose key has none, given by a person; empty: those of the servers.
    ///   - existing: what agent.yaml has for the path; what is there stays.
    ///   - hasLog: whether an access log may be read, from which names are learnt.
    init(
        _ directive: NginxDirective, _ module: NginxModule, path: String, uses: [CacheKeyUse], hosts: [String],
        existing: CacheConfiguration?, hasLog: Bool
    ) {
        self.directive = directive
        self.module = module
        self.path = path
        zone = Self.zone(of: directive)
        self.uses = uses
        configuration = existing ?? CacheConfiguration(path: path, cacheKeys: [])
        // Those of other servers say nothing of one that may be asked for any host.
        let ofServers = uses.filter(\.needsHost).compactMap(\.hosts).flatMap { $0 }
        let areHostsKnown = !(configuration.hosts + hosts).allSatisfy(ofServers.contains)
        for host in hosts + ofServers where !configuration.hosts.contains(host) { configuration.hosts.append(host) }
        for use in uses {
            readings.append("template")
            add(use, areHostsKnown: areHostsKnown, hasLog)
        }
        settleValues(existing, hasLog)
        keepInForce(hasLog)
    }

    /// One list has to hold for all places of a cache: it has what is known of each, and there is none where of one
    /// nothing is.
    private mutating func settleValues(_ existing: CacheConfiguration?, _ hasLog: Bool) {
        for name in configuration.values.keys.sorted() where existing?.values[name] == nil {
            let users = uses.indices.filter { uses[$0].variables.keys.contains(name) }
            guard users.contains(where: { uses[$0].variables[name] == .some(nil) }) else {
                for user in users { if case let value?? = uses[user].variables[name] { add(value, for: name) } }
                continue
            }
            configuration.values[name] = nil
            for user in users {
                learn(uses[user], at: user, because: "what $\(name) is in all places of \(path) is not known", hasLog)
            }
        }
    }

    /// The name in `keys_zone`.
    static func zone(of directive: NginxDirective) -> String {
        let zone = directive.arguments.first { $0.hasPrefix("keys_zone=") }?.dropFirst("keys_zone=".count)
        return String(zone?.prefix { $0 != ":" } ?? "")
    }

    /// The value of one of its parameters: `levels`.
    func parameter(_ name: String) -> String? {
        directive.arguments.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    private mutating func add(_ use: CacheKeyUse, areHostsKnown: Bool, _ hasLog: Bool) {
        switch use.reading {
        case .none(let problem, let advice):
            problems.append(SetupProblem(place: use.location, problem, advice))
            readings[readings.count - 1] = "none"
            guard !use.key.isEmpty else { return }
            addTemplate(use, [:], areHostsKnown: areHostsKnown, hasLog)
        case .learnt(let reason): learn(use, because: reason, hasLog)
        case .template(let values): addTemplate(use, values, areHostsKnown: areHostsKnown, hasLog)
        }
    }

    private mutating func addTemplate(
        _ use: CacheKeyUse, _ values: [String: CacheKeyVariable], areHostsKnown: Bool, _ hasLog: Bool
    ) {
        if use.needsHost, use.hosts == nil, !areHostsKnown {
            let names = use.serverNames.isEmpty ? "no server_name" : use.serverNames.joined(separator: " ")
            learn(
                use, because: "the key \(use.key) has no host, and this server (\(names)) may be asked for any", hasLog)
            // Without any host the key cannot be given.
            if configuration.hosts.isEmpty { return }
        }
        addKey(use.key)
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { add(value, for: name) }
        notes += use.warnings.map { "\(use.location.place): \(use.key): \($0)" }
        if use.isRewritten {
            learn(
                use,
                because: "\(use.key) has the path or the query as they are after a rewrite, try_files, index or "
                    + "error_page of this server", hasLog)
        }
    }

    private mutating func addKey(_ key: String) {
        if !configuration.cacheKeys.contains(where: { NginxValue($0).isSame(key) }) {
            configuration.cacheKeys.append(key)
        }
    }

    /// Adds what a variable holds; of a person's own words nothing is changed.
    private mutating func add(_ value: CacheKeyVariable, for name: String) {
        switch (configuration.values[name], value) {
        case (nil, _): configuration.values[name] = value
        case (.oneOf(let old), .oneOf(let new)):
            configuration.values[name] = .oneOf(old + new.filter { !old.contains($0) })
        case (let old?, _):
            if old != value { notes.append("$\(name) is something else in several places of \(path); see its values") }
        }
    }

    /// - Parameter index: which of the uses it is; nil: the last of those that were looked at.
    private mutating func learn(_ use: CacheKeyUse, at index: Int? = nil, because reason: String, _ hasLog: Bool) {
        let index = index ?? readings.count - 1
        let module = use.location.module
        let better = "\(module.directive("cache_key")) $scheme://$host$request_uri$slice_range needs none of this"
        guard hasLog, use.logged != nil else {
            if case .none = use.reading { return }
            readings[index] = "none"
            problems.append(
                SetupProblem(
                    place: use.location, "\(reason): purges by URL, host or prefix do not find what is stored here",
                    "let the agent learn from an access log (without --no-log), or change the key: \(better)"))
            return
        }
        readings[index] = "learn"
        if !configuration.learnsNames { configuration.cacheKeys.append("learn") }
        notes.append(
            "\(use.location.place): \(reason): the agent learns the names of these objects from the access log, when "
                + "they are visited. \(better)")
    }

    /// A cache needs a key, also where nothing of it can be read.
    private mutating func keepInForce(_ hasLog: Bool) {
        if configuration.cacheKeys.isEmpty {
            configuration.cacheKeys = [hasLog ? "learn" : "$scheme://$host$request_uri$slice_range"]
        }
        // The same key may have a host in one server only.
        for key in configuration.cacheKeys
        where key != "learn" && !uses.contains(where: { NginxValue($0.key).isSame(key) }) {
            notes.append("\(path): agent.yaml has the key \(key), which no place of nginx uses; it stays there")
        }
    }
}
