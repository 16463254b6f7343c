import PurgeModel

/// What a look at a cache's files says of its configuration.
package enum CacheKeyFinding: Sendable, Hashable, CustomStringConvertible {
    /// Files that fit no key, and are not learnt from the access log either.
    case unmatched(files: Int, of: Int, example: String?)
    /// A key that none of so many files fits.
    case unusedKey(String, files: Int)
    /// Files under a host that looks wrong.
    case oddHost(String, OddHost, files: Int, of: Int)

    /// A key that fits none of so many files is hardly used.
    private static let manyFiles = 200
    /// One file in so many has an odd host because a key is read wrongly, fewer because robots ask for anything.
    private static let share = 100

    /// What comes of a look, the worst first.
    ///
    /// - Parameter origins: names of origins in nginx's configuration, as far as anybody knows them.
    package static func all(in census: CacheKeyCensus, origins: Set<String>) -> [CacheKeyFinding] {
        var findings: [CacheKeyFinding] = []
        if census.unmatched > 0, !census.learns {
            findings.append(
                .unmatched(files: census.unmatched, of: census.files, example: census.unmatchedExample))
        }
        let odd = census.hosts.keys.sorted().compactMap { host -> CacheKeyFinding? in
            guard let oddity = OddHost(host, origins: origins), let files = census.hosts[host] else { return nil }
            return .oddHost(host, oddity, files: files, of: census.files)
        }
        findings += odd.filter(\.isWrong) + odd.filter { !$0.isWrong }
        if census.files >= Self.manyFiles {
            findings += census.templates.filter { $0.files == 0 }.map { .unusedKey($0.key, files: census.files) }
        }
        return findings
    }

    /// Whether purges miss something by it.
    package var isWrong: Bool {
        switch self {
        case .unmatched: true
        case .unusedKey: false
        case .oddHost(_, let oddity, let files, let all): oddity.isWrong && files * Self.share > all
        }
    }

    /// As a sentence without an end.
    package var description: String {
        switch self {
        case .unmatched(let files, let all, let example):
            "\(all - files) of \(all) files fit a key: no purge by URL, host or prefix finds the others"
                + (example.map { "; not \($0)" } ?? "")
        case .unusedKey(let key, let files): "none of \(files) files fits the key \(key)"
        case .oddHost(let host, let oddity, let files, let all):
            "\(files) of \(all) files have the host \(QuotedValue(host)), \(oddity.clause): "
                + (isWrong ? "purges miss them" : "do visitors ask for it?")
        }
    }
}
