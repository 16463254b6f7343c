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

    /// Every value that a variable is given somewhere; empty where nothing gives it any.
    private func sources(of name: String) -> [String] {
        let sets = location.levels.filter { $0.name != "http" }.flatMap { level in
            level.children("set") + level.children("if").flatMap { $0.children("set") }
        }.filter { Self.isSame($0.arguments.first, name) }.compactMap(\.arguments.last)
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
