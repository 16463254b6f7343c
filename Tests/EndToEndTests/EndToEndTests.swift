import NIOHTTP1
import Testing

/// The whole system as its users meet it: real nginx, real Kafka protocol, the real program in processes of its own.
///
/// With `KAFKA_BOOTSTRAP_SERVERS` set, the same tests run against that cluster.
@Suite(.serialized, .developmentEnvironment)
struct EndToEndTests {}

extension EndToEndTests {
    /// The environment that the suite started.
    static var environment: DevEnvironment {
        get throws { try DevEnvironment.current.required }
    }

    /// Purges through the API and waits until all caches have confirmed; returns the purge as it is told then.
    @discardableResult
    static func purge(_ body: String, invalidate: Bool = false) async throws -> JSONValue {
        let environment = try environment
        let ready = environment.ready
        let route = invalidate ? "invalidate_cache" : "purge_cache"
        let answer = try await environment.web.json(
            .POST, "\(ready.control)/client/v4/zones/\(ready.zone)/\(route)", body)
        #expect(answer.status == 200, "\(answer.value)")
        return try await confirmed(try answer.value["result"]["id"].text.required)
    }

    /// Waits until a purge is confirmed.
    static func confirmed(_ id: String) async throws -> JSONValue {
        let environment = try environment
        let purge = try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges/\(id)?wait=60s")
        #expect(purge.value["state"].text == "confirmed", "\(purge.value)")
        return purge.value
    }

    /// Fetches pages until each is a HIT on every cache.
    static func warm(_ targets: [String], host: String = "shop.example", encoding: String? = nil) async throws {
        let environment = try environment
        for cache in environment.ready.caches {
            for target in targets {
                _ = try await environment.web.page(cache, target, host: host, encoding: encoding)
                let again = try await environment.web.page(cache, target, host: host, encoding: encoding)
                #expect(again.cacheStatus == "HIT", "\(cache.agent) \(host)\(target)")
            }
        }
    }

    /// Expects a cache status of pages on every cache.
    static func expect(
        _ status: String, _ targets: [String], host: String = "shop.example", encoding: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let environment = try environment
        for cache in environment.ready.caches {
            for target in targets {
                let page = try await environment.web.page(cache, target, host: host, encoding: encoding)
                #expect(
                    page.cacheStatus == status, "\(cache.agent) \(host)\(target)", sourceLocation: sourceLocation)
            }
        }
    }
}
