import EdgeAgent
import FoundationEssentials
import PurgeModel

/// Whether nginx tells the agent of what it fetches: a request for a page that nobody has, and the line of it in the
/// access log.
struct AccessLogCheck: DoctorCheck {
    let places: [ProbePlace]
    let log: String
    let normalization: URLNormalization

    let name = "access log"
    /// Requests at most: each place costs its origin one.
    static let placesMax = 8

    func look() async -> [DoctorFinding] {
        guard !places.isEmpty else {
            return [
                .yellow(
                    nil, "no place of nginx can be asked from here, so its log was not seen to work",
                    mend: "nginx -T | edge-purge nginx check --config /etc/edge-purge/agent.yaml")
            ]
        }
        var findings: [DoctorFinding] = []
        for place in places {
            do {
                findings.append(finding(try await LogProbe(place: place, log: log).ask(), place))
            } catch {
                findings.append(
                    .yellow(
                        "\(place.location.place)", "\(place.host) could not be asked: \(FileProblem.reason(error))",
                        mend: "nginx -t && systemctl status nginx"))
            }
        }
        return findings
    }

    /// What a request shows.
    func finding(_ sighting: LogProbe.Sighting, _ place: ProbePlace) -> DoctorFinding {
        let about = "\(place.location.place)"
        let asked = "\(place.host)\(place.target("…"))"
        let mend = "edge-purge setup --write   # puts log_format and access_log in place"
        let names: FetchNames?
        switch sighting.reading {
        case nil:
            return .red(about, "\(asked) was answered (\(sighting.status)), and \(log) has no line of it", mend: mend)
        case .malformed: return .red(about, "\(log) has lines that the agent does not understand", mend: mend)
        case .noFetch(let found): names = found
        case .fetch(let line): names = line.names
        }
        if let cache = place.cache, !cache.learnsNames, let key = names?.key,
            !Self.isRead(key, cache, sighting.token, normalization)
        {
            return .red(
                about, "\(log) has the key \(QuotedValue(bytes: key.span)), which fits no key of \(cache.path)",
                mend: mend)
        }
        if case .noFetch = sighting.reading {
            return .yellow(
                about, "the log has the line, and the origin of \(place.host) did not answer (\(sighting.status))",
                mend: "look at the origin of \(about): is it there, and does it answer for \(place.host)?")
        }
        return .green(about, "\(asked) is in the log, with its key")
    }

    /// Whether the agent finds what was asked for in a key.
    private static func isRead(
        _ key: [UInt8], _ cache: CacheConfiguration, _ token: String, _ normalization: URLNormalization
    ) -> Bool {
        guard let templates = try? cache.templates() else { return false }
        return templates.contains { template in
            template.parse(key[...], normalization)?.targets.contains { $0.contains(token.utf8) } ?? false
        }
    }
}
