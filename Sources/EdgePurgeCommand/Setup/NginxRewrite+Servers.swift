import EdgeAgent

/// What each server includes: the fence, and the way to ask.
extension NginxRewrite {
    /// Which of our files a server includes.
    private enum Snippet: String {
        case fence = "edge-purge-fence.conf"
        case ask = "edge-purge-ask.conf"
        /// Does not ask, and bypasses its cache while there is something to ask about.
        case waiting = "edge-purge-waiting.conf"
    }

    /// Includes our files where a server does not have their lines yet.
    mutating func changeServers() {
        let check = check
        var edits: [NginxEdit] = []
        var needed: Set<Snippet> = []
        var isDone: Set<NginxDirective.Place> = []
        for location in check.locations {
            guard let server = location.server, isDone.insert(server.place).inserted,
                let snippet = snippet(server, location, check)
            else { continue }
            needed.insert(snippet)
            edits += include(snippet, in: server, check)
        }
        if goal.askSocket != nil, !needed.isDisjoint(with: [.ask]), !hasUpstream(check) {
            addUpstream()
            // Places are other ones now.
            return changeServers()
        }
        sources.apply(edits)
        for snippet in needed { sources.set(file(snippet.rawValue), to: text(of: snippet)) }
    }

    private func hasUpstream(_ check: NginxCheck) -> Bool {
        check.http.contains { $0.children("upstream").contains { $0.arguments == ["edge_purge_ask"] } }
    }

    private mutating func addUpstream() {
        guard let socket = goal.askSocket else { return }
        addToHTTP(NginxConfiguration.askUpstream(socket: socket).split(separator: "\n").map(String.init))
    }

    /// What a server lacks; nil where it lacks nothing.
    private func snippet(_ server: NginxDirective, _ location: NginxLocation, _ check: NginxCheck) -> Snippet? {
        if let marker = goal.expectation.askMarker {
            guard check.variables(setBy: marker, location).isEmpty, !check.askFindings(location).isEmpty else {
                return nil
            }
            let outside = location.levels.prefix { $0.name != "location" }
            let asksOthers = outside.contains { level in
                !level.children("auth_request").isEmpty
                    || level.children("satisfy").contains { $0.arguments == ["any"] }
            }
            return asksOthers || !goal.hasAuthRequest ? .waiting : .ask
        }
        guard let fence = goal.expectation.fenceFile else { return nil }
        return check.variables(setBy: fence, location).isEmpty ? .fence : nil
    }

    private func text(of snippet: Snippet) -> String {
        let fence = goal.expectation.fenceFile ?? FenceConfiguration().file
        let marker = goal.expectation.askMarker ?? ""
        let text =
            switch snippet {
            case .fence: NginxConfiguration.fenceSnippet(file: fence)
            case .ask: NginxConfiguration.askSnippet(fence: fence, marker: marker)
            case .waiting: NginxConfiguration.waitingSnippet(fence: fence, marker: marker)
            }
        let lines = text.split(separator: "\n").filter { line in
            !goal.missingModules.contains { line.hasPrefix("\($0)_cache_") || line.hasPrefix("\($0)_no_cache") }
        }
        return "# Written by edge-purge setup, for each server that answers from a cache.\n"
            + lines.joined(separator: "\n") + "\n"
    }

    private func include(_ snippet: Snippet, in server: NginxDirective, _ check: NginxCheck) -> [NginxEdit] {
        let line = "include \(NginxWord.quoted(file(snippet.rawValue)));"
        // One that has the fence only becomes one that asks.
        let names = [Snippet.fence.rawValue, Snippet.ask.rawValue, Snippet.waiting.rawValue]
        let old = sources.written(server)?.children("include").first { include in
            names.contains { include.arguments.first?.hasSuffix($0) == true }
        }
        if let old { return [sources.replace(old, with: line, for: "snippet")] }
        // nginx takes no line of http any more where the server has such lines of its own.
        let modules = check.locations.filter { $0.server?.place == server.place }.map(\.module)
        let kept = NginxModule.allCases.filter(modules.contains).flatMap { module in
            ["cache_bypass", "no_cache"].map(module.directive)
        }.filter { server.children($0).isEmpty }.flatMap { name in
            check.http.flatMap { $0.children(name) }.map { NginxWord.line($0.name, $0.arguments) }
        }
        return [sources.insert([line] + kept, into: server, for: "snippet")] + keepOpenFiles(server, check)
    }

    /// Moves `open_file_cache` into the locations: nginx must not look for the fence through it.
    private func keepOpenFiles(_ server: NginxDirective, _ check: NginxCheck) -> [NginxEdit] {
        let own = server.children("open_file_cache")
        let inForce = own.isEmpty ? check.http.flatMap { $0.children("open_file_cache") } : own
        guard let directive = inForce.last, directive.arguments.first != "off" else {
            return own.map(comment)
        }
        let line = NginxWord.line(directive.name, directive.arguments)
        let moved = server.children("location").filter { $0.children("open_file_cache").isEmpty }.map {
            sources.insert([line], into: $0, for: "open files")
        }
        return moved + own.map(comment)
    }

    private func comment(_ directive: NginxDirective) -> NginxEdit {
        let text = sources.source(of: directive).replacing("\n", with: " ")
        return sources.replace(directive, with: "# off here, for the fence: \(text);\n", for: "open files")
    }
}
