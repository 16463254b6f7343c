import EdgeAgent
import FoundationEssentials

/// Which files in the caches fit which cache keys, for `config check --files`.
struct CacheFilesReport: Encodable {
    private struct Cache: Encodable {
        var path: String
        /// Why it could not be looked at.
        var problem: String?
        var files = 0
        var skipped = 0
        var unmatched = 0
        var unmatchedExample: String?
        /// Whether files that fit no key are learnt from the access log.
        var learns = false
        var keys: [Key] = []

        enum CodingKeys: String, CodingKey {
            case path, problem, files, skipped, unmatched, keys, learns
            case unmatchedExample = "unmatched_example"
        }
    }

    private struct Key: Encodable {
        var key: String
        var files: Int
        var severalReadings: Int
        var example: String?

        enum CodingKeys: String, CodingKey {
            case key, files, example
            case severalReadings = "several_readings"
        }
    }

    private var caches: [Cache] = []

    /// Files looked at in one cache.
    private static let filesMax = 10_000

    /// Looks at the files of all caches.
    init(_ configuration: AgentConfiguration) {
        for cache in configuration.caches {
            do {
                let census = try CacheKeyCensus(cache, configuration.normalization, limit: Self.filesMax)
                caches.append(
                    Cache(
                        path: census.path, files: census.files, skipped: census.skipped, unmatched: census.unmatched,
                        unmatchedExample: census.unmatchedExample, learns: census.learns,
                        keys: census.templates.map {
                            Key(
                                key: $0.key, files: $0.files, severalReadings: $0.severalReadings, example: $0.example)
                        }))
            } catch {
                caches.append(Cache(path: cache.path, problem: "\(error)"))
            }
        }
    }

    /// Whether every cache could be looked at, and has no file that purges would miss.
    var isGood: Bool { caches.allSatisfy { $0.problem == nil && ($0.unmatched == 0 || $0.learns) } }

    /// For people.
    var text: String {
        var table = TextTable([
            .left("CACHE"), .left("KEY"), .right("FILES"), .right("SEVERAL READINGS"), .left("EXAMPLE"),
        ])
        for cache in caches {
            if let problem = cache.problem { table.add([cache.path, "(cannot be read)", "", "", problem]) }
            for key in cache.keys {
                table.add([cache.path, key.key, "\(key.files)", "\(key.severalReadings)", key.example ?? ""])
            }
            if cache.unmatched > 0 {
                table.add([
                    cache.path, cache.learns ? "(learn)" : "(none)", "\(cache.unmatched)", "",
                    cache.unmatchedExample ?? "",
                ])
            }
            if cache.skipped > 0 { table.add([cache.path, "(no cache file)", "\(cache.skipped)", "", ""]) }
        }
        return table.rendered()
    }

    /// For scripts.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
