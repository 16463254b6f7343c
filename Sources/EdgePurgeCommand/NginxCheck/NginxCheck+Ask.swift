/// Whether each cache asks the agent before it answers.
extension NginxCheck {
    private static let answer = "$upstream_http_x_edge_purge_stale"
    private static let question = "edge_purge_question"

    /// Why a location answers from its cache without asking, or asks for another key.
    func askFindings(_ location: NginxLocation) -> [NginxFinding] {
        guard let marker = expectation.askMarker, let server = location.server else { return [] }
        let bypass = location.inForce(cache: "bypass")
        func isCarried(_ variables: Set<String>) -> Bool {
            let carriers = closure(of: variables, location)
            return bypass.contains { directive in
                directive.arguments.contains { !NginxValue($0).variables.isDisjoint(with: carriers) }
            }
        }
        let waiting = variables(setBy: marker, location)
        // It bypasses its cache while there is something to ask about: that is as good.
        let coarse = coarseVariables(location)
        if !coarse.isEmpty, isCarried(coarse) { return [] }
        if asksByLua(location) {
            guard !waiting.isEmpty else { return [unasked(location, marker)] }
            var findings = openFindings(location)
            if !isCarried(["edge_purge_stale"]) { findings.append(unheard(location, bypass.first)) }
            return findings + questionFindings(location, isLate: true) + cacheFindings(location)
        }
        guard let target = askedLocation(location)?.arguments.last, !waiting.isEmpty else {
            return [unasked(location, marker)]
        }
        var findings = orderFindings(server, target)
        let answers = location.inForce("auth_request_set").filter { $0.arguments.last == Self.answer }
        let variables = Set(answers.compactMap { $0.arguments.first.map { String($0.dropFirst()) } })
        if !isCarried(variables) { findings.append(unheard(location, bypass.first)) }
        return findings + openFindings(location) + questionFindings(location, isLate: false) + cacheFindings(location)
    }

    /// The location that its `auth_request` names; nil where it asks nobody.
    func askedLocation(_ location: NginxLocation) -> NginxDirective? {
        guard let target = location.inForce("auth_request").last?.arguments.first else { return nil }
        return location.server?.children("location").first { $0.arguments == ["=", target] }
    }

    /// What is set while there is something to ask about, and what asking does not clear.
    func coarseVariables(_ location: NginxLocation) -> Set<String> {
        guard let marker = expectation.askMarker else { return [] }
        let cleared =
            asksByLua(location)
            ? ["edge_purge_unasked"]
            : askedLocation(location)?.children("set").filter { $0.arguments.last?.isEmpty == true }
                .compactMap { $0.arguments.first.map { String($0.dropFirst()) } } ?? []
        return variables(setBy: marker, location).subtracting(cleared)
    }

    /// Whether `edge-purge-ask.lua` is run: of all that is run in the access phase nginx takes the innermost only.
    func asksByLua(_ location: NginxLocation) -> Bool {
        let code = location.levels.reversed().lazy
            .flatMap { $0.block.filter { $0.name.hasPrefix("access_by_lua") } }.first
        return code?.name == "access_by_lua_file" && code?.arguments.first?.hasSuffix("edge-purge-ask.lua") == true
    }

    private func openFindings(_ location: NginxLocation) -> [NginxFinding] {
        guard let satisfy = location.inForce("satisfy").last, satisfy.arguments == ["any"] else { return [] }
        return [
            NginxFinding(
                kind: .askOpens, place: "\(satisfy.place)",
                problem: "satisfy any: the agent's answer lets everybody in, or nobody asks",
                advice: "name $edge_purge_waiting in cache_bypass here, and ask in servers without satisfy any")
        ]
    }

    /// nginx runs what rewrites at the level of the server for the question too, and lets it change the visitor's
    /// request: `break` has to come before all of it.
    private func orderFindings(_ server: NginxDirective, _ target: String) -> [NginxFinding] {
        let first = server.block.first { ["set", "if", "rewrite", "return"].contains($0.name) }
        guard let first, first.arguments.joined(separator: " ") != "($uri = \(target))" else { return [] }
        return [
            NginxFinding(
                kind: .askTooLate, place: "\(first.place)",
                problem: "\(first.heading) is run for the agent's question too, and changes the visitor's request: "
                    + "pages of one visitor may be stored for all",
                advice: "include edge-purge-ask.conf before it")
        ]
    }

    /// - Parameter isLate: whether nginx asks when all that rewrites is done.
    private func questionFindings(_ location: NginxLocation, isLate: Bool) -> [NginxFinding] {
        if let changed = changedKey(location, isLate: isLate) { return [changed] }
        let sets = location.levels.reversed().flatMap { $0.children("set") }
        let set = sets.first { $0.arguments.first == "$\(Self.question)" }
        let question = set?.arguments.last ?? (isLate ? "$\(Self.question)" : nil)
        guard let asked = question, let key = location.key?.arguments.first else { return [] }
        let value = resolved(asked)
        // The key itself may be one variable, made by a map.
        guard ![asked, value].contains(where: { NginxValue($0).isSame(key) }) else { return [] }
        return [
            NginxFinding(
                kind: .askKeyDiffers, place: "\(set?.place ?? location.place)",
                problem:
                    "nginx asks for the key \(value), and this location has \(key): the agent looks at another file",
                advice: "add set $\(Self.question) with the key of this location to it")
        ]
    }

    /// Where the question names a cache, it has to be the one that this location has.
    private func cacheFindings(_ location: NginxLocation) -> [NginxFinding] {
        let sets = location.levels.reversed().flatMap { $0.children("set") }
        guard let set = sets.first(where: { $0.arguments.first == "$edge_purge_cache" }),
            let named = set.arguments.last, !named.isEmpty,
            let path = paths.first(where: { $0.zone == location.zone })?.path,
            let own = expectation.cache(at: path)?.path, own != named
        else { return [] }
        return [
            NginxFinding(
                kind: .askKeyDiffers, place: "\(set.place)",
                problem: "nginx asks about the cache \(named), and this location has \(own): the agent looks at "
                    + "another file",
                advice: "set $edge_purge_cache \(own); in this location")
        ]
    }

    /// A key that is another one by the time nginx looks into its cache.
    func changedKey(_ location: NginxLocation, isLate: Bool) -> NginxFinding? {
        guard let key = location.key else { return nil }
        let variables = NginxValue(key.arguments.first ?? "").variables
        let inner = location.levels.drop { $0.name != "server" }.dropFirst()
        let isRewritten = inner.contains { level in
            !level.children("rewrite").isEmpty || level.children("set").contains { $0.arguments.first == "$args" }
        }
        let ofPath = ["uri", "document_uri", "args", "query_string", "is_args"]
        let isOfPath = variables.contains { ofPath.contains($0) || $0.hasPrefix("arg_") }
        guard variables.contains("request_body") || !isLate && isRewritten && isOfPath else { return nil }
        return NginxFinding(
            kind: .askKeyDiffers, place: "\(location.place)",
            problem:
                "the key \(key.arguments.first ?? "") is another one when nginx asks: the agent looks at another file",
            advice: "bypass this cache while a purge waits: name $edge_purge_waiting in its cache_bypass")
    }

    private func unasked(_ location: NginxLocation, _ marker: String) -> NginxFinding {
        NginxFinding(
            kind: .askMissing, place: "\(location.place)",
            problem:
                "this location answers from its cache without asking (\(marker)): purges are told as effective, and "
                + "old pages are served until they are applied",
            advice: "include edge-purge-ask.conf with that path in the server (deploy/nginx), or take ask.socket out "
                + "of agent.yaml")
    }

    private func unheard(_ location: NginxLocation, _ directive: NginxDirective?) -> NginxFinding {
        let name = location.module.directive("cache_bypass")
        return NginxFinding(
            kind: .askOverridden, place: "\(directive?.place ?? location.place)",
            problem: "\(directive?.heading ?? "no \(name)") does not hear the agent's answer: what is stale is served",
            advice: "add $edge_purge_stale and $edge_purge_unanswered to \(name)")
    }
}
