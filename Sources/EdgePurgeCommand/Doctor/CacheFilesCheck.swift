import EdgeAgent
import FoundationEssentials
import PurgeModel
import Threads

/// Whether the files in a cache fit the keys of agent.yaml, and have hosts that visitors ask for.
struct CacheFilesCheck: DoctorCheck {
    let cache: CacheConfiguration
    let normalization: URLNormalization
    /// Names of origins in nginx's configuration, which are no hosts of visitors.
    let upstreams: Set<String>
    let file: String

    let name = "cache files"
    /// Files that are looked at: enough to see one in a thousand.
    static let filesMax = 5000
    /// A key that fits none of so many files is hardly used.
    private static let manyFiles = 200

    func look() async -> [DoctorFinding] {
        do {
            return findings(
                try await DedicatedThread.run(name: "census") { [cache, normalization] in
                    try CacheKeyCensus(cache, normalization, limit: Self.filesMax)
                })
        } catch {
            return [
                .red(
                    cache.path, "it cannot be looked into: \(error)",
                    mend: "ls -ld \(cache.path); run this as root, or as nginx's user")
            ]
        }
    }

    /// What comes of a census.
    func findings(_ census: CacheKeyCensus) -> [DoctorFinding] {
        guard census.files > 0 else {
            return [.green(cache.path, "no object is stored here yet, so nothing can be compared")]
        }
        var findings: [DoctorFinding] = []
        let fitting = census.files - census.unmatched
        let share = "\(fitting) of \(census.files) files fit a key of \(file)"
        let example = census.unmatchedExample.map { "; not \($0)" } ?? ""
        if census.unmatched == 0 {
            findings.append(.green(cache.path, share))
        } else if census.learns {
            findings.append(.green(cache.path, "\(share), the others are learnt from the access log\(example)"))
        } else {
            findings.append(
                .red(
                    cache.path, "\(share): no purge by URL, host or prefix finds the others\(example)",
                    mend: "edge-purge setup --config \(file)   # shows the keys that nginx has"))
        }
        for template in census.templates where template.files == 0 && census.files >= Self.manyFiles {
            findings.append(
                .yellow(
                    cache.path, "none of \(census.files) files fits the key \(template.key)",
                    mend: "take it out of cache_key in \(file) where nginx does not use it"))
        }
        for host in census.hosts.keys.sorted() {
            guard let reason = OddHost.reason(host, upstreams: upstreams), let files = census.hosts[host] else {
                continue
            }
            findings.append(
                .red(
                    cache.path, "\(files) files have the host \(QuotedValue(host)), \(reason): purges miss them",
                    mend: "correct cache_key of \(cache.path) in \(file), or name the visitors' hosts there under host")
            )
        }
        return findings
    }
}
