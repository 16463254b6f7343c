package import PurgeModel

/// Looks at the files of one cache and counts which keys of its configuration they fit.
///
/// Reads only; needs no agent. Where there are more files than it looks at, it takes those of directories drawn at
/// random: in which one a file is, the MD5 of its key says.
package struct CacheKeyCensus: Sendable {
    /// What was found of one key of the configuration.
    package struct Template: Sendable {
        /// As it is configured.
        package let key: String
        /// Files that fit it.
        package var files = 0
        /// Those among them that can be read in several ways.
        package var severalReadings = 0
        /// A file that fits, by its hosts and targets.
        package var example: String?
    }

    package let path: String
    /// Whether files that fit no key are learnt from the access log.
    package let learns: Bool
    /// Files looked at: not all, where there are more than the limit.
    package private(set) var files = 0
    package private(set) var templates: [Template]
    /// Files that fit none.
    package private(set) var unmatched = 0
    /// A stored key that fits none.
    package private(set) var unmatchedExample: String?
    /// Files by their host as it stands in the key, where a key has one only and it is not the one that the
    /// configuration says; some, where there are many hosts.
    package private(set) var hosts: [String: Int] = [:]
    /// Files that are no cache files, or of another version of nginx's.
    package private(set) var skipped = 0

    private let readers: [CacheKeyTemplate]
    private let configuredHosts: Set<String>
    private let normalization: URLNormalization

    /// Hosts that are counted.
    private static let hostsMax = 1000

    /// Looks at up to `limit` files.
    ///
    /// - Parameter isOver: asked before each directory; true: what was looked at is enough.
    /// - Throws: what is wrong with a key, or why the directory cannot be read.
    package init(
        _ configuration: CacheConfiguration, _ normalization: URLNormalization, limit: Int,
        isOver: () -> Bool = { false }
    ) throws {
        path = configuration.path
        learns = configuration.learnsNames
        readers = try configuration.templates()
        configuredHosts = Set(configuration.hosts)
        templates = readers.map { Template(key: $0.description) }
        self.normalization = normalization
        let cache = try NginxCache(
            number: 0, path: path, templates: readers, tagHeaders: CacheTagHeaders([]), normalization: normalization)
        var directories = [""]
        var buffer: [UInt8] = []
        while let next = directories.popLast(), files + skipped < limit, !isOver() {
            guard let listing = try cache.list(next) else { continue }
            directories += listing.below.shuffled()
            for place in listing.keys.prefix(max(0, limit - files - skipped)) {
                if let key = try cache.storedKey(place, buffer: &buffer) { count(key) } else { skipped += 1 }
            }
        }
    }

    private mutating func count(_ key: [UInt8]) {
        files += 1
        var isMatched = false
        for (position, reader) in readers.enumerated() {
            guard let names = reader.parse(key[...], normalization) else { continue }
            isMatched = true
            templates[position].files += 1
            if names.hosts.count * names.targets.count > 1 { templates[position].severalReadings += 1 }
            if names.hosts.count == 1 { count(host: names.hosts[0]) }
            if templates[position].example == nil {
                let hosts = names.hosts.map { QuotedValue(bytes: $0.span).description }.joined(separator: " or ")
                let targets = names.targets.map { "\(QuotedValue(TargetForm.text(of: $0)))" }
                templates[position].example = "host \(hosts), URL \(targets.joined(separator: " or "))"
            }
        }
        guard !isMatched else { return }
        unmatched += 1
        if unmatchedExample == nil { unmatchedExample = "\(QuotedValue(bytes: key.span))" }
    }

    private mutating func count(host bytes: [UInt8]) {
        let host = String(decoding: bytes, as: UTF8.self)
        guard !configuredHosts.contains(host), hosts.count < Self.hostsMax || hosts[host] != nil else { return }
        hosts[host, default: 0] += 1
    }
}
