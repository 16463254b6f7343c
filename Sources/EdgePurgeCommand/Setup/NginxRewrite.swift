/// Changes a configuration of nginx until each place that answers from a cache does what its agent takes for granted.
///
/// What a person wrote stays: it gets words or lines beside it. Keys are never changed, since that would empty caches.
struct NginxRewrite {
    /// What is asked of nginx, and where files of ours are to lie.
    struct Goal: Sendable {
        var expectation: NginxExpectation
        /// Where the files go that are included.
        var folder: String
        /// `ask.socket`; nil where nginx does not ask.
        var askSocket: String?
        /// Where nginx logs without an `access_log`, as it was built.
        var standardLog: String
        /// Modules that this nginx was built without: `scgi`.
        var missingModules: Set<String> = []
        /// Whether it has ngx_http_auth_request_module.
        var hasAuthRequest = true
    }

    let goal: Goal
    /// The files as they are to be.
    var sources: NginxSources
    /// What could not be done, each as a sentence.
    var problems: [String] = []

    init(_ dump: NginxDump, _ goal: Goal) {
        self.goal = goal
        sources = NginxSources(dump)
        changeServers()
        if goal.askSocket != nil { changeQuestions() }
        changeBypasses()
        changeLogs()
        problems += sources.refused
    }

    /// The check of the files as they are.
    var check: NginxCheck { NginxCheck(sources.dump, goal.expectation) }

    /// Where a file of ours goes.
    func file(_ name: String) -> String { "\(goal.folder)/\(name)" }

    /// Whether a directive stands in a file of ours, which is not to be changed.
    func isOurs(_ directive: NginxDirective) -> Bool { directive.place.file.hasPrefix(goal.folder + "/") }

    /// The block in which lines for a location go: of `if` and `limit_except` nginx takes fewer kinds.
    static func block(_ location: NginxLocation) -> NginxDirective? {
        location.levels.last { $0.name == "location" || $0.name == "server" }
    }

    // MARK: The http level

    /// Adds lines to the file of ours at the http level, which is included first.
    mutating func addToHTTP(_ lines: [String]) {
        let name = file("edge-purge-http.conf")
        let head = "# Written by edge-purge setup, for the http level.\n"
        if let text = sources.text(of: name) {
            sources.set(name, to: text + "\n" + lines.joined(separator: "\n") + "\n")
            return
        }
        guard let http = check.http.first else { return }
        // Before anything else, since what is logged by a format has to come after it.
        sources.apply([sources.insert(["include \(NginxWord.quoted(name));"], into: http, for: "http")])
        sources.set(name, to: head + lines.joined(separator: "\n") + "\n")
    }
}
