import EdgeAgent

/// A key under which a place of nginx stores what it fetches, and what an agent can make of it.
struct CacheKeyUse {
    /// How an agent learns what an object under the key is called.
    enum Reading: Hashable {
        /// It takes the key apart; with what `values` says of its variables.
        case template(values: [String: CacheKeyVariable])
        /// From the access log, because of a reason that is a sentence without an end.
        case learnt(String)
        /// Not at all: why, and what to change.
        case none(problem: String, advice: String)
    }

    let location: NginxLocation
    /// The key as agent.yaml has it: that of the place, or nginx's own.
    let key: String
    /// The key as nginx can log and ask for it; nil where it cannot.
    let logged: String?
    /// What the agent makes of it.
    let reading: Reading
    /// Whether hosts have to be told, since the visitors' is not in the key.
    let needsHost: Bool
    /// What works, and takes more than is meant; sentences of ``CacheKeyTemplate/warnings``.
    let warnings: [String]
    /// Whether what nginx has in `$uri` or `$args` is not always what the visitor asked for: it is learnt then, too.
    let isRewritten: Bool
    /// What is known of the variables of the key that are none of nginx's own; nil: nothing.
    var variables: [String: CacheKeyVariable?] = [:]

    /// - Parameter http: the blocks around all servers.
    init(_ location: NginxLocation, http: [NginxDirective]) {
        guard let written = location.key?.arguments.first, !written.isEmpty else {
            self = Self.withoutKey(location)
            return
        }
        let names = NginxValue(written).variables
        let paths = names.filter { name in
            let name = name.lowercased()
            return ["uri", "document_uri", "args", "query_string", "is_args"].contains(name) || name.hasPrefix("arg_")
        }
        let isRewritten = !paths.isEmpty && Self.rewrites(location)
        let variables = NginxVariables(location, http: http)
        var known: [String: CacheKeyVariable] = [:]
        for name in names where !CacheKeyTemplate.knows(name) { known[name.lowercased()] = variables.values(of: name) }
        let same = known.filter { if case .same = $0.value { true } else { false } }
        let plain = Self.template(written, same)
        let full = same.count == known.count ? nil : Self.template(written, known)
        // Only what helps: a list in agent.yaml has to be kept in step with nginx.
        let best = [plain, full].compactMap { $0 }.min { $0.warnings.count < $1.warnings.count }
        self.init(
            location, key: written, logged: written,
            reading: best.map { .template(values: $0.values) }
                ?? .learnt("nobody can tell host and path of an object from the key \(written)"),
            needsHost: best?.needsHost ?? false, warnings: best?.warnings ?? [], isRewritten: isRewritten)
        for name in names where !CacheKeyTemplate.knows(name) {
            self.variables.updateValue(known[name.lowercased()], forKey: name.lowercased())
        }
    }

    private init(
        _ location: NginxLocation, key: String, logged: String?, reading: Reading, needsHost: Bool = false,
        warnings: [String] = [], isRewritten: Bool = false
    ) {
        self.location = location
        self.key = key
        self.logged = logged
        self.reading = reading
        self.needsHost = needsHost
        self.warnings = warnings
        self.isRewritten = isRewritten
    }

    /// The names of the servers around the place, as they stand there.
    var serverNames: [String] { location.server?.children("server_name").flatMap(\.arguments) ?? [] }

    /// The hosts that visitors may ask for here; nil where that may be any.
    var hosts: [String]? {
        let names = serverNames
        let areAll =
            !names.isEmpty
            && names.allSatisfy { name in
                name.contains(".") && !name.hasPrefix(".") && !name.contains { "*~$".contains($0) }
            }
        return areAll ? names.map { $0.lowercased() } : nil
    }

    // MARK: Keys

    /// A template that works, and what is to be known of it.
    private struct Template {
        var values: [String: CacheKeyVariable]
        var needsHost: Bool
        var warnings: [String]
    }

    private static func template(_ key: String, _ values: [String: CacheKeyVariable]) -> Template? {
        // Whether a host is missing is decided by whoever knows the servers.
        guard let read = try? CacheKeyTemplate(key, hosts: ["host.invalid"], values: values) else { return nil }
        guard read.hasVisitorsHost else { return Template(values: values, needsHost: true, warnings: read.warnings) }
        let warnings = (try? CacheKeyTemplate(key, values: values))?.warnings ?? []
        return Template(values: values, needsHost: false, warnings: warnings)
    }

    /// What nginx does where no key is configured.
    private static func withoutKey(_ location: NginxLocation) -> CacheKeyUse {
        let name = location.module.directive("cache_key")
        func unusable(_ key: String, _ problem: String) -> CacheKeyUse {
            CacheKeyUse(
                location, key: key, logged: nil,
                reading: .none(
                    problem: "no \(name): \(problem)",
                    advice: "set \(name) $scheme://$host$request_uri$slice_range; here; what is cached under the keys "
                        + "of before is not found any more"), needsHost: !key.isEmpty)
        }
        guard location.module == .proxy else {
            return unusable("", "nginx stores all responses of this place under one empty key")
        }
        let usual = "$scheme$proxy_host$request_uri"
        guard let upstream = location.upstream else {
            return unusable(
                usual,
                "nginx makes the key of proxy_pass, which has a variable, and of the path that the upstream is "
                    + "asked for: purges by URL or prefix may find nothing")
        }
        if !upstream.path.isEmpty || rewrites(location) {
            return unusable(
                usual,
                "nginx makes the key of the path that the upstream is asked for, which is not always the "
                    + "visitor's: purges by URL or prefix may find nothing")
        }
        let key = "\(upstream.origin)$request_uri"
        return CacheKeyUse(
            location, key: upstream.isSocket ? key : usual, logged: key, reading: .template(values: [:]),
            needsHost: true)
    }

    /// Whether something may change the URI, or the query, of requests before they are looked for in the cache here.
    private static func rewrites(_ location: NginxLocation) -> Bool {
        if location.hasLua { return true }
        let own = location.levels.map(\.place)
        func changes(_ directive: NginxDirective, isOwn: Bool) -> Bool {
            switch directive.name {
            case "rewrite":
                // Of other locations those that leave them: break does not, and the others are for the visitor.
                !(["redirect", "permanent"] + (isOwn ? [] : ["break"])).contains(directive.arguments.last ?? "")
            case "set": isOwn && ["$args", "$query_string"].contains(directive.arguments.first)
            case "try_files", "error_page": directive.arguments.last?.hasPrefix("/") == true
            case "index": directive.arguments.contains { $0.hasSuffix(".php") }
            case "location", "if", "limit_except", "server":
                directive.block.contains {
                    changes($0, isOwn: isOwn && (directive.name != "location" || own.contains(directive.place)))
                }
            default: false
            }
        }
        let outer = location.levels.prefix(1).flatMap(\.block).filter { ["error_page", "index"].contains($0.name) }
        return (outer + [location.server].compactMap { $0 }).contains { changes($0, isOwn: true) }
    }
}
