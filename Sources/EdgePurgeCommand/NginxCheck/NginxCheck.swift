/// Compares an nginx configuration with what the agent of its machine takes for granted.
///
/// It warns, and never knows everything: a module of somebody's own, or a variable that is made in Lua, may do what is
/// missed here.
struct NginxCheck {
    /// One cache path of nginx.
    struct CachePath {
        var path: String
        var zone: String
        var place: NginxDirective.Place
    }

    let expectation: NginxExpectation
    /// What answers from a cache, in the order of the configuration.
    let locations: [NginxLocation]
    /// Every cache path that nginx has.
    let paths: [CachePath]
    /// The blocks around all servers.
    let http: [NginxDirective]
    /// Includes whose files are not in the dump.
    private let missing: [NginxDirective]

    /// - Parameter dump: what `nginx -T` printed.
    init(_ dump: NginxDump, _ expectation: NginxExpectation) {
        self.expectation = expectation
        locations = NginxLocation.all(in: dump.directives)
        http = dump.directives.filter { $0.name == "http" }
        missing = dump.missing
        paths = http.flatMap { http in
            NginxModule.allCases.flatMap { http.children($0.directive("cache_path")) }
        }.compactMap { directive in
            guard let path = directive.arguments.first else { return nil }
            let zone = directive.arguments.first { $0.hasPrefix("keys_zone=") }?.dropFirst("keys_zone=".count)
            return CachePath(
                path: path, zone: String(zone?.prefix { $0 != ":" } ?? ""), place: directive.place)
        }
    }

    /// What was found, each thing once.
    var findings: [NginxFinding] {
        var findings = missing.map { include in
            NginxFinding(
                kind: .includeMissing, place: "\(include.place)",
                problem: "\(include.heading) is not in what was given, so nobody looked into it",
                advice: "give the whole output of nginx -T")
        }
        findings += pathFindings
        for location in locations {
            findings += keyFindings(location) + fenceFindings(location) + askFindings(location)
            findings += logFindings(location) + errorFindings(location)
        }
        var seen: Set<NginxFinding> = []
        return findings.filter { seen.insert($0).inserted }
    }

    // MARK: Paths and keys

    private var pathFindings: [NginxFinding] {
        let absent = expectation.caches.filter { own in !paths.contains { NginxExpectation.isSame(own.path, $0.path) } }
        let used = Set(locations.compactMap(\.zone))
        let isEveryPathUsed = used.contains { $0.contains("$") }
        let unknown = paths.filter { isEveryPathUsed || used.contains($0.zone) }
            .filter { expectation.cache(at: $0.path) == nil }
        return absent.map { own in
            NginxFinding(
                kind: .cachePathMissing, place: nil,
                problem: "nginx has no cache path \(own.path), which agent.yaml lists: nothing is purged there",
                advice: "write the path as in proxy_cache_path, or take it out of caches")
        }
            + unknown.map { path in
                NginxFinding(
                    kind: .cachePathUnknown, place: "\(path.place)",
                    problem: "no agent looks after \(path.path): a confirmed purge leaves what is cached there",
                    advice: "list it under caches in agent.yaml")
            }
    }

    /// A key that the agent cannot take apart hides its objects from purges by URL, host and prefix.
    private func keyFindings(_ location: NginxLocation) -> [NginxFinding] {
        guard let path = paths.first(where: { $0.zone == location.zone }), let cache = expectation.cache(at: path.path)
        else { return [] }
        let name = location.module.directive("cache_key")
        guard let directive = location.key, let key = directive.arguments.first else {
            return missingKey(location, name, cache)
        }
        let value = NginxValue(key).withoutSlice
        let isKnown = cache.learnsKeys || cache.keys.contains { NginxValue($0).withoutSlice == value }
        guard !isKnown else { return [] }
        return [
            NginxFinding(
                kind: .cacheKeyDiffers, place: "\(directive.place)",
                problem: "the \(name) \(key) is not that of \(cache.path) in agent.yaml "
                    + "(\(cache.keys.joined(separator: ", "))): purges may not find what is stored under it",
                advice: "give it there, word for word")
        ]
    }

    private func missingKey(
        _ location: NginxLocation, _ name: String, _ cache: NginxExpectation.Cache
    ) -> [NginxFinding] {
        func finding(_ problem: String, _ advice: String) -> [NginxFinding] {
            [NginxFinding(kind: .cacheKeyMissing, place: "\(location.place)", problem: problem, advice: advice)]
        }
        // Nobody can list such a key.
        if case .none(let problem, let advice) = CacheKeyUse(location, http: http).reading {
            return finding(problem, advice)
        }
        // nginx's own: the scheme, the name in proxy_pass, and the path as the origin sees it.
        let own = location.upstream.map { NginxValue("\($0.origin)$request_uri") }
        let isKnown = cache.keys.contains {
            NginxValue($0).variables.contains("proxy_host") || NginxValue($0) == own
        }
        guard !isKnown, !cache.learnsKeys else { return [] }
        return finding(
            "no \(name): nginx takes its own, with the name in proxy_pass in place of the visitor's host, and "
                + "agent.yaml has another for \(cache.path)", "set \(name) to the cache_key in agent.yaml")
    }
}
