import NIOHTTP1
import TestSupport
import Testing

/// Pages as visitors get them from the caches.
extension DevEnvironment {
    /// Fetches pages until each is a HIT on every cache.
    func warm(
        _ targets: [String], host: String = "shop.example", encoding: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for cache in ready.caches {
            for target in targets {
                _ = try await web.page(cache, target, host: host, encoding: encoding)
                try await staysCached(cache, target, host: host, encoding: encoding, sourceLocation)
            }
        }
    }

    /// Expects a cache status of pages on every cache.
    func expect(
        _ status: String, _ targets: [String], host: String = "shop.example", encoding: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for cache in ready.caches {
            for target in targets {
                let page = try await web.page(cache, target, host: host, encoding: encoding)
                #expect(
                    page.cacheStatus == status, "\(cache.agent) \(host)\(target)", sourceLocation: sourceLocation)
            }
        }
    }

    /// Expects pages that were fetched anew after a purge to be in every cache.
    ///
    /// The guard of that purge may take each out once more where nothing tells in time when it was fetched, as on a
    /// busy machine; not twice.
    func expectCached(
        _ targets: [String], host: String = "shop.example", encoding: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for cache in ready.caches {
            for target in targets {
                try await staysCached(cache, target, host: host, encoding: encoding, sourceLocation)
            }
        }
    }

    /// Expects a page that has just been fetched through one cache to be a HIT, after at most one more MISS.
    @discardableResult
    func staysCached(
        _ cache: Cache, _ target: String, host: String = "shop.example", encoding: String? = nil,
        _ sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> WebClient.Page {
        let first = try await web.page(cache, target, host: host, encoding: encoding)
        if first.cacheStatus == "HIT" { return first }
        let second = try await web.page(cache, target, host: host, encoding: encoding)
        #expect(
            second.cacheStatus == "HIT", "\(cache.agent) \(host)\(target), \(first.cacheStatus) before",
            sourceLocation: sourceLocation)
        return second
    }

    /// Gives the origin an order, or asks it (`bump?path=/a`, `hold?path=/a&part=head`, `requests?path=/a`).
    @discardableResult
    func origin(_ method: HTTPMethod, _ command: String) async throws -> JSONValue {
        try await web.json(method, "\(ready.origin)/_origin/\(command)").value
    }
}
