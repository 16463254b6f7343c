/// What each location has to name in its `…_cache_bypass` and `…_no_cache`, which hide those of its server.
extension NginxRewrite {
    /// Adds our variables where a location does not see them.
    mutating func changeBypasses() {
        let check = check
        var edits: [NginxEdit] = []
        for location in check.locations {
            let (bypass, keep) = needed(location, check)
            edits += add(bypass, "cache_bypass", location, check) + add(keep, "no_cache", location, check)
        }
        sources.apply(edits)
    }

    /// The variables that a location needs, without `$`; each stands for whatever is made of it.
    private func needed(_ location: NginxLocation, _ check: NginxCheck) -> (bypass: [String], keep: [String]) {
        var bypass: [String] = []
        var keep: [String] = []
        let fence = check.fenceVariables(location)
        if let name = fence.contains("edge_purge_fenced") ? "edge_purge_fenced" : fence.min() {
            bypass.append(name)
            keep.append(name)
        }
        guard goal.expectation.askMarker != nil else { return (bypass, keep) }
        if cannotAsk(location, check) {
            let waiting = check.coarseVariables(location)
            if let name = waiting.contains("edge_purge_waiting") ? "edge_purge_waiting" : waiting.min() {
                bypass.append(name)
            }
        } else if !check.askFindings(location).isEmpty {
            bypass += ["edge_purge_stale", "edge_purge_unanswered"]
            keep += ["edge_purge_keep", "edge_purge_unanswered"]
        }
        return (bypass, keep)
    }

    /// Whether this location can only bypass its cache while there is something to ask about.
    func cannotAsk(_ location: NginxLocation, _ check: NginxCheck) -> Bool {
        let asked = location.inForce("auth_request").last?.arguments.first
        let isOpen = location.inForce("satisfy").last?.arguments == ["any"]
        return asked != "/_edge_purge/ask" || isOpen || check.changedKey(location, isLate: false) != nil
            || CacheKeyUse(location, http: check.http).logged == nil
    }

    private func add(
        _ variables: [String], _ name: String, _ location: NginxLocation, _ check: NginxCheck
    ) -> [NginxEdit] {
        let name = location.module.directive(name)
        let inForce = location.inForce(name)
        let absent = variables.filter { variable in
            let carriers = check.closure(of: [variable], location)
            return !inForce.contains { directive in
                directive.arguments.contains { !NginxValue($0).variables.isDisjoint(with: carriers) }
            }
        }.map { "$" + $0 }
        guard !absent.isEmpty, let block = Self.block(location) else { return [] }
        let own = inForce.first { own in location.levels.contains { $0.name == "location" && $0.block.contains(own) } }
        if let own, !isOurs(own) {
            return [sources.add(absent, to: own, for: name)]
        }
        // What is in force at an outer level is hidden by a line here, so that line names it too.
        let arguments = inForce.flatMap(\.arguments) + absent
        return [sources.insert([NginxWord.line(name, arguments)], into: block, for: name)]
    }
}
