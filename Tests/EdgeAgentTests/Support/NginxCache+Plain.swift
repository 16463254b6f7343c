import PurgeModel
import TestSupport

@testable import EdgeAgent

extension NginxCache {
    /// A cache of whose keys nothing is special: `$host$request_uri`.
    static func plain(_ directory: TemporaryDirectory, number: UInt8 = 0) throws -> NginxCache {
        try NginxCache(
            number: number, path: directory.path, templates: [try CacheKeyTemplate("$host$request_uri")],
            tagHeaders: .standard, normalization: .cloudflare)
    }
}
