import EdgeAgent
import FoundationEssentials
import PurgeModel
import Threads

/// Whether the files in a cache fit the keys of agent.yaml, and have hosts that visitors ask for.
struct CacheFilesCheck: DoctorCheck {
    let cache: CacheConfiguration
    let normalization: URLNormalization
    /// Names of origins in nginx's configuration, which are no hosts of visitors.
    let origins: Set<String>
    let file: String

    let name = "cache files"
    /// Files that are looked at: enough to see one in a thousand.
    static let filesMax = 5000

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
        let found = CacheKeyFinding.all(in: census, origins: origins).map(finding)
        let share = "\(census.files - census.unmatched) of \(census.files) files fit a key of \(file)"
        if census.unmatched == 0 { return [.green(cache.path, share)] + found }
        guard census.learns else { return found }
        let example = census.unmatchedExample.map { "; not \($0)" } ?? ""
        return [.green(cache.path, "\(share), the others are learnt from the access log\(example)")] + found
    }

    private func finding(_ finding: CacheKeyFinding) -> DoctorFinding {
        let remedy =
            switch finding {
            case .unmatched: "edge-purge setup --config \(file)   # shows the keys that nginx has"
            case .unusedKey: "take it out of cache_key in \(file) where nginx does not use it"
            case .oddHost:
                "correct cache_key of \(cache.path) in \(file), or name the visitors' hosts there under host"
            }
        return DoctorFinding(
            level: finding.isWrong ? .red : .yellow, about: cache.path, seen: "\(finding)", remedy: remedy)
    }
}
