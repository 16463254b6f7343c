import EdgeAgent

/// What the variables of a place may hold, as far as nginx's configuration says it: by `set`, `map`, `geo` and
/// `split_clients`.
struct NginxVariables {
    private let http: [NginxDirective]
    private let location: NginxLocation

    /// More texts than this are not worth a list: each is tried for each key.
    private static let textsMax = 64
    /// `set`s and `map`s that stand for each other.
    private static let depthMax = 8

    init(_ location: NginxLocation, http: [NginxDirective]) {
        self.http = http
        self.location = location
    }

    /// What a variable may hold, as `values` in agent.yaml has it; nil where nobody knows, or where it is one of
    /// nginx's own.
    func values(of name: String) -> CacheKeyVariable? { values(of: name, depth: 0) }

    private func values(of name: String, depth: Int) -> CacheKeyVariable? {
        guard depth < Self.depthMax else { return nil }
        let sources = sources(of: name)
        guard !sources.isEmpty else { return nil }
        var texts: Set<String> = []
        var others: Set<String> = []
        for source in sources {
            let parts = NginxValue(source).parts
            if parts.isEmpty {
                texts.insert("")
            } else if case .text(let text) = parts[0], parts.count == 1 {
                texts.insert(text)
            } else if case .variable(let other) = parts[0], parts.count == 1 {
                switch values(of: other, depth: depth + 1) {
                case .oneOf(let more): texts.formUnion(more)
                case .same(let last): others.insert(last)
                case nil: others.insert(other.lowercased())
                }
            } else {
                return nil
            }
        }
        if texts.isEmpty, others.count == 1, let other = others.first, CacheKeyTemplate.knows(other) {
            return .same(other)
        }
        guard others.isEmpty, texts.count <= Self.textsMax else { return nil }
        return .oneOf(texts.sorted())
    }

    /// Every value that a variable is given somewhere; empty where nothing gives it any that can be known.
    private func sources(of name: String) -> [String] {
        guard !location.hasLua, !http.contains(where: { Self.gives($0, name) }) else { return [] }
        // A request may come here through any place of its server.
        let sets = (location.server.map(Self.sets) ?? [])
            .filter { Self.isSame($0.arguments.first, name) }.compactMap(\.arguments.last)
        if !sets.isEmpty {
            let isAlwaysSet = location.levels.contains { level in
                level.children("set").contains { Self.isSame($0.arguments.first, name) }
            }
            return isAlwaysSet ? sets : sets + [""]
        }
        for http in http {
            for block in http.block.reversed() where Self.isSame(block.arguments.last, name) {
                switch block.name {
                case "map": return Self.results(block, besides: ["hostnames", "volatile"])
                case "geo": return Self.results(block, besides: ["ranges", "delete", "proxy", "proxy_recursive"])
                case "split_clients": return block.block.compactMap(\.arguments.first)
                default: continue
                }
            }
        }
        return []
    }

    private static func sets(_ block: NginxDirective) -> [NginxDirective] {
        block.block.flatMap { $0.name == "set" ? [$0] : sets($0) }
    }

    /// Whether a directive, or one in it, gives a variable what only a request can tell: a part of what a regular
    /// expression matched, or the answer of somebody else (`auth_request_set`, `js_set`, `set_by_lua_block`).
    private static func gives(_ directive: NginxDirective, _ name: String) -> Bool {
        let setter = directive.name.hasSuffix("_set") || directive.name.hasPrefix("set_")
        if setter, isSame(directive.arguments.first, name) { return true }
        let name = name.lowercased()
        let hasCapture = ([directive.name] + directive.arguments).contains { word in
            let word = word.lowercased()
            return word.contains("(?") && ["(?<\(name)>", "(?p<\(name)>", "(?'\(name)'"].contains(where: word.contains)
        }
        return hasCapture || directive.block.contains { gives($0, name) }
    }

    private static func results(_ block: NginxDirective, besides parameters: Set<String>) -> [String] {
        let lines = block.block.filter { !parameters.contains($0.name) }
        // A file that nobody gave: anything may be in it.
        if lines.contains(where: { $0.name == "include" }) { return ["$1"] }
        let results = lines.compactMap(\.arguments.first)
        return lines.contains { $0.name == "default" } ? results : results + [""]
    }

    private static func isSame(_ written: String?, _ name: String) -> Bool {
        written?.lowercased() == "$" + name.lowercased()
    }
}
