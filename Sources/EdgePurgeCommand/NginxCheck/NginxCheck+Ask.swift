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
        // It bypasses its cache while there is something to ask about: that is as good.
        let coarse = variables(setBy: marker, location)
        if !coarse.isEmpty, isCarried(coarse) { return [] }
        guard let request = location.inForce("auth_request").last, let target = request.arguments.first,
            asks(server, target, marker)
        else { return [unasked(location, marker)] }
        var findings: [NginxFinding] = []
        let answers = location.inForce("auth_request_set").filter { $0.arguments.last == Self.answer }
        let variables = Set(answers.compactMap { $0.arguments.first.map { String($0.dropFirst()) } })
        if !isCarried(variables) { findings.append(unheard(location, bypass.first)) }
        if let satisfy = location.inForce("satisfy").last, satisfy.arguments == ["any"] {
            findings.append(
                NginxFinding(
                    kind: .askOpens, place: "\(satisfy.place)",
                    problem: "satisfy any: the agent's answer lets everybody in",
                    advice: "do not ask here, and bypass the cache while there is something to ask about: "
                        + "deploy/nginx/edge-purge-ask.conf says how"))
        }
        return findings + questionFindings(location)
    }

    /// Whether the location that an `auth_request` goes to asks while the marker is there.
    private func asks(_ server: NginxDirective, _ target: String, _ marker: String) -> Bool {
        server.children("location").contains { location in
            location.arguments == ["=", target]
                && location.children("if").contains { $0.arguments.joined(separator: " ") == "(!-f \(marker))" }
        }
    }

    private func questionFindings(_ location: NginxLocation) -> [NginxFinding] {
        let sets = location.levels.reversed().flatMap { $0.children("set") }
        let set = sets.first { $0.arguments.first == "$\(Self.question)" }
        guard let set, let asked = set.arguments.last, let key = location.key?.arguments.first else { return [] }
        let value = resolved(asked)
        guard NginxValue(value).withoutSlice != NginxValue(key).withoutSlice else { return [] }
        return [
            NginxFinding(
                kind: .askKeyDiffers, place: "\(set.place)",
                problem:
                    "nginx asks for the key \(value), and this location has \(key): the agent looks at another file",
                advice: "add set $\(Self.question) with the key of this location to it")
        ]
    }

    private func unasked(_ location: NginxLocation, _ marker: String) -> NginxFinding {
        NginxFinding(
            kind: .askMissing, place: "\(location.place)",
            problem:
                "this location answers from its cache without asking (\(marker)): purges are told as effective, and "
                + "old pages are served until they are applied",
            advice: "include edge-purge-ask.conf in the server (deploy/nginx), or take ask.socket out of agent.yaml")
    }

    private func unheard(_ location: NginxLocation, _ directive: NginxDirective?) -> NginxFinding {
        let name = location.module.directive("cache_bypass")
        return NginxFinding(
            kind: .askOverridden, place: "\(directive?.place ?? location.place)",
            problem: "\(directive?.heading ?? "no \(name)") does not hear the agent's answer: what is stale is served",
            advice: "add $edge_purge_stale and $edge_purge_unanswered to \(name)")
    }
}
