internal import Foundation
internal import PurgeModel

/// Turns the body of a Cloudflare purge request into selectors of one zone, or into the number and sentence that say
/// why not.
struct PurgeRequestDecoder: Sendable {
    /// How much one request may name.
    var limits: PurgeLimits

    /// Reads a body.
    ///
    /// The first thing that is wrong decides; nothing is left out silently.
    func selectors(from body: Data, in zone: Zone) throws(CloudflareError) -> Selectors {
        let request = try parse(body)
        let lists = [
            ("files", request.files, limits.urlsPerRequest), ("tags", request.tags, limits.keysPerRequest),
            ("hosts", request.hosts, limits.keysPerRequest), ("prefixes", request.prefixes, limits.keysPerRequest),
        ]
        if request.everything, lists.contains(where: { $0.1 != nil }) { throw .everythingWithOthers }
        guard request.everything || lists.contains(where: { $0.1 != nil }) else { throw .noSelector }
        for (field, list, limit) in lists {
            guard let list else { continue }
            if list.isEmpty { throw .emptyList(field) }
            if list.count > limit { throw .tooMany(field, limit: limit) }
        }
        return try Self.validated(
            urls: request.files, tags: request.tags, hosts: request.hosts, prefixes: request.prefixes,
            everything: request.everything, in: zone)
    }

    private func parse(_ body: Data) throws(CloudflareError) -> CloudflarePurgeBody {
        do {
            return try JSONDecoder().decode(CloudflarePurgeBody.self, from: body)
        } catch let error as CloudflareError {
            throw error
        } catch {
            throw .malformed(body.isEmpty ? "it is empty" : "it cannot be parsed")
        }
    }

    /// Reads every entry, and checks that the zone owns it.
    static func validated(
        urls: [String]?, tags: [String]?, hosts: [String]?, prefixes: [String]?, everything: Bool, in zone: Zone
    ) throws(CloudflareError) -> Selectors {
        let selectors = Selectors(
            urls: try map(urls) { text throws(SelectorError) in try PurgeURL(validating: text) },
            tags: try map(tags) { text throws(SelectorError) in try CacheTag(validating: text) },
            hosts: try map(hosts) { text throws(SelectorError) in try HostName(validating: text) },
            prefixes: try map(prefixes) { text throws(SelectorError) in try PathPrefix(validating: text) },
            everything: everything)
        try check(selectors, in: zone)
        return selectors
    }

    /// Each entry once, in the order given.
    private static func map<Value: Hashable>(
        _ texts: [String]?, _ make: (String) throws(SelectorError) -> Value
    ) throws(CloudflareError) -> [Value] {
        var values: [Value] = []
        var seen: Set<Value> = []
        for text in texts ?? [] {
            do throws(SelectorError) {
                let value = try make(text)
                if seen.insert(value).inserted { values.append(value) }
            } catch {
                throw CloudflareError(error, in: text)
            }
        }
        return values
    }

    private static func check(_ selectors: Selectors, in zone: Zone) throws(CloudflareError) {
        for url in selectors.urls where !zone.scope.contains(url.host) {
            throw .otherZone(url.description, zone: zone.name)
        }
        for host in selectors.hosts where !zone.scope.contains(host) {
            throw .otherZone(host.name, zone: zone.name)
        }
        for prefix in selectors.prefixes where !zone.scope.contains(prefix.host) {
            throw .otherZone(prefix.description, zone: zone.name)
        }
        do throws(SelectorError) {
            try selectors.validate(in: zone.scope)
        } catch {
            throw .refused(error)
        }
    }
}
