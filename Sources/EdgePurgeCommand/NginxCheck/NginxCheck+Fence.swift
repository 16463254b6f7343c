/// Whether each cache sees the fence.
extension NginxCheck {
    private static let standardVariable = "edge_purge_fenced"

    /// Why a location goes on answering from its cache, or storing, while the machine is fenced.
    func fenceFindings(_ location: NginxLocation) -> [NginxFinding] {
        guard let file = expectation.fenceFile, let server = location.server else { return [] }
        let set = fenceVariables(location)
        // The agent makes its marker before the fence. What is stored then is purged as all else when it has caught up.
        let waiting = coarseVariables(location)
        let seen = ["bypass", "no"].map { kind in
            let carriers = closure(of: kind == "no" ? set : set.union(waiting), location)
            return location.inForce(location.module.directive(kind == "no" ? "no_cache" : "cache_bypass")).contains {
                $0.arguments.contains { !NginxValue($0).variables.isDisjoint(with: carriers) }
            }
        }
        if set.isEmpty, seen[0] { return [] }
        guard !set.isEmpty else { return [unfenced(server, file)] }
        return zip(["cache_bypass", "no_cache"], seen).compactMap { kind, isSeen in
            let name = location.module.directive(kind)
            guard !isSeen else { return nil }
            return overridden(name, location.inForce(name).first, location, isRead: kind == "cache_bypass", set)
        }
    }

    /// The variables that are set where the fence is there: by its server, or, where it asks, when it is asked about.
    func fenceVariables(_ location: NginxLocation) -> Set<String> {
        guard let file = expectation.fenceFile else { return [] }
        let direct = variables(setBy: file, location)
        guard let marker = expectation.askMarker, !variables(setBy: marker, location).isEmpty else { return direct }
        if asksByLua(location) {
            return direct.union(resolved("$edge_purge_fence") == file ? [Self.standardVariable] : [])
        }
        return direct.union(askedLocation(location).map { Self.variables(setBy: file, [$0]) } ?? [])
    }

    private func unfenced(_ server: NginxDirective, _ file: String) -> NginxFinding {
        NginxFinding(
            kind: .fenceMissing, place: "\(server.place)",
            problem:
                "this server does not look for the fence \(file): while the agent takes the machine for fenced, it "
                + "answers from its cache",
            advice: "include edge-purge-fence.conf in the server (deploy/nginx), with that path, or set ask.socket "
                + "where the server has edge-purge-ask.conf, or set fence.mode: off")
    }

    private func overridden(
        _ name: String, _ directive: NginxDirective?, _ location: NginxLocation, isRead: Bool, _ variables: Set<String>
    ) -> NginxFinding {
        let variable = variables.contains(Self.standardVariable) ? Self.standardVariable : variables.min() ?? ""
        let effect = isRead ? "answers from its cache" : "stores responses"
        let reason = directive.map { "\($0.heading) has no $\(variable)" } ?? "no \(name) is in force here"
        return NginxFinding(
            kind: .fenceOverridden, place: "\(directive?.place ?? location.place)",
            problem: "\(reason): while the machine is fenced, nginx \(effect)",
            advice: directive == nil
                ? "add \(name) $\(variable); beside the other lines of edge-purge-fence.conf"
                : "add $\(variable) to it")
    }

    /// The variables that are set where the file is there: `if (-f FILE) { set $edge_purge_fenced 1; }`.
    func variables(setBy file: String, _ location: NginxLocation) -> Set<String> {
        Self.variables(setBy: file, location.levels)
    }

    private static func variables(setBy file: String, _ levels: [NginxDirective]) -> Set<String> {
        let conditions = levels.flatMap { $0.children("if") }.filter { Self.file(testedBy: $0) == file }
        return Set(conditions.flatMap { $0.children("set") }.compactMap(Self.variable))
    }

    /// `(-f /run/edge-purge/fence)`, with or without spaces inside.
    private static func file(testedBy condition: NginxDirective) -> String? {
        var text = condition.arguments.joined(separator: " ")[...]
        let isOuter = { (character: Character) in character == "(" || character == ")" || character == " " }
        text = text.drop(while: isOuter)
        while let last = text.last, isOuter(last) { text.removeLast() }
        guard text.hasPrefix("-f ") || text.hasPrefix("-e ") else { return nil }
        return String(text.dropFirst(3).drop { $0 == " " })
    }

    private static func variable(_ set: NginxDirective) -> String? {
        guard let name = set.arguments.first, name.hasPrefix("$") else { return nil }
        return String(name.dropFirst())
    }

    /// Those, and what is made of them: by `set`, by `if ($edge_purge_fenced) { set … }`, by a `map`.
    func closure(of variables: Set<String>, _ location: NginxLocation) -> Set<String> {
        var steps: [(from: Set<String>, to: String)] = []
        for level in location.levels {
            for set in level.children("set") { add(set, Set(set.arguments.dropFirst().flatMap(Self.names)), &steps) }
            for condition in level.children("if") {
                let names = Set(condition.arguments.flatMap(Self.names))
                for set in condition.children("set") { add(set, names, &steps) }
            }
        }
        for map in http.flatMap({ $0.children("map") }) where map.arguments.count == 2 {
            steps.append((NginxValue(map.arguments[0]).variables, String(map.arguments[1].dropFirst())))
        }
        var carriers = variables
        // As often as it grows, which is at most once for each step.
        while let step = steps.first(where: { !carriers.contains($0.to) && !$0.from.isDisjoint(with: carriers) }) {
            carriers.insert(step.to)
        }
        return carriers
    }

    private static func names(_ text: String) -> Set<String> { NginxValue(text).variables }

    private func add(_ set: NginxDirective, _ from: Set<String>, _ steps: inout [(from: Set<String>, to: String)]) {
        if let name = Self.variable(set) { steps.append((from, name)) }
    }
}
