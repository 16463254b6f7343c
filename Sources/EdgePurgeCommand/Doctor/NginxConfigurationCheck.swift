/// Whether nginx's configuration is what the agent takes for granted: all that `nginx check` finds.
struct NginxConfigurationCheck: DoctorCheck {
    let check: NginxCheck

    let name = "nginx"

    func look() async -> [DoctorFinding] {
        let findings = check.findings.map { finding in
            DoctorFinding(
                level: finding.kind.isGrave ? .red : .yellow, about: finding.place, seen: finding.problem,
                remedy: finding.advice)
        }
        let places = check.locations.count
        guard findings.isEmpty else { return findings }
        return [
            places == 0
                ? .red(
                    nil, "nothing in nginx's configuration answers from a cache",
                    mend: "set proxy_cache in a location, or give the right nginx with --nginx")
                : .green(
                    nil, "\(places) \(places == 1 ? "place answers" : "places answer") from a cache, as agent.yaml says"
                )
        ]
    }
}
