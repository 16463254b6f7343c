/// What nginx's configuration shows of tags, and of what keeps a purge from doing what it should.
enum SetupHints {
    /// - Parameter tagHeaders: names of fields with tags, in any case.
    static func notes(_ dump: NginxDump, _ tagHeaders: [String]) -> [String] {
        let known = Set(tagHeaders.map { $0.lowercased() })
        var notes: [String] = []
        let locations = NginxLocation.all(in: dump.directives)
        for location in locations {
            for line in location.inForce("add_header") {
                guard let name = line.arguments.first, known.contains(name.lowercased()) else { continue }
                notes.append(
                    "\(line.place): nginx adds \(name) to what it answers, and does not store it: the agent finds no "
                        + "tags in it. Let the application send it")
            }
            let variables = NginxValue(location.key?.arguments.first ?? "").variables.map { $0.lowercased() }
            if let name = variables.sorted().first(where: Self.isNeverTheSame) {
                notes.append(
                    "\(location.key?.place ?? location.place): $\(name) is another one for each request: nothing that "
                        + "is stored under this key is ever found again")
            }
            if let log = location.inForce("access_log").first(where: { $0.arguments.contains { $0.hasPrefix("if=") } }),
                log.arguments.dropFirst().first?.hasPrefix("edge_purge") == true
            {
                notes.append("\(log.place): with if= the agent hears of no hits; where keys are learnt it has to")
            }
        }
        let hidden = Set(
            locations.flatMap { location in
                location.inForce(location.module.directive("hide_header")).compactMap {
                    $0.arguments.first?.lowercased()
                }
            })
        if !locations.isEmpty, hidden.isDisjoint(with: known) {
            notes.append(
                "visitors see the tags of what they get; \(locations[0].module.directive("hide_header")) Cache-Tag; "
                    + "hides them, and nginx stores them all the same")
        }
        return notes
    }

    private static func isNeverTheSame(_ variable: String) -> Bool {
        ["request_id", "msec", "connection", "connection_requests", "request_time", "time_iso8601", "time_local"]
            .contains(variable)
    }
}
