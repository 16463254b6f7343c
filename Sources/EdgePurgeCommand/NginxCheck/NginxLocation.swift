/// A place of a configuration that answers from a cache: a location with a `proxy_pass`, or another module's, and its
/// cache.
struct NginxLocation: Sendable {
    /// What fetches and caches here.
    let module: NginxModule
    /// The blocks around it, from `http` to the location.
    let levels: [NginxDirective]

    /// The directives of a name that are in force: those of the innermost level that has any.
    ///
    /// nginx merges no lists.
    func inForce(_ name: String) -> [NginxDirective] {
        levels.reversed().lazy.map { $0.children(name) }.first { !$0.isEmpty } ?? []
    }

    /// The same for a directive of its module: `inForce(cache: "bypass")` is `fastcgi_cache_bypass`.
    func inForce(cache name: String) -> [NginxDirective] { inForce(module.directive("cache_\(name)")) }

    /// The `keys_zone` of its cache; one with a variable in it cannot be told before a request.
    var zone: String? { inForce(module.directive("cache")).last?.arguments.first }

    /// The value of its key; nil where none is configured.
    var key: NginxDirective? { inForce(cache: "key").last }

    /// Where it stands.
    var place: NginxDirective.Place { levels.last?.place ?? .init(file: "", line: 0) }

    /// The server that it belongs to.
    var server: NginxDirective? { levels.first { $0.name == "server" } }

    /// Whether Lua code around it may change variables or the path before the key is made.
    var hasLua: Bool {
        levels.contains { level in
            level.block.contains { directive in
                ["rewrite_by_lua", "access_by_lua", "precontent_by_lua"].contains(where: directive.name.contains)
            }
        }
    }

    /// Every such place of a configuration, in its order.
    static func all(in directives: [NginxDirective]) -> [NginxLocation] {
        directives.filter { $0.name == "http" }.flatMap { found(in: $0, within: []) }
    }

    private static let levelNames: Set<String> = ["server", "location", "if", "limit_except"]

    private static func found(in level: NginxDirective, within outer: [NginxDirective]) -> [NginxLocation] {
        let levels = outer + [level]
        let here = NginxModule.allCases.compactMap { module -> NginxLocation? in
            guard !level.children(module.directive("pass")).isEmpty else { return nil }
            let location = NginxLocation(module: module, levels: levels)
            return location.zone.map { $0 != "off" } == true ? location : nil
        }
        return here + level.block.filter { levelNames.contains($0.name) }.flatMap { found(in: $0, within: levels) }
    }
}
