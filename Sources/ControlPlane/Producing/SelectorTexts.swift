import PurgeModel

/// What a request names, as texts that nobody has judged yet.
///
/// Every dialect of the API brings its body into this form, so that all of them refuse the same.
struct SelectorTexts: Sendable {
    private let lists: [SelectorList: [String]]
    private let everything: Bool

    /// Takes lists as they came; nil for one that is not there.
    init(urls: [String]?, tags: [String]?, hosts: [String]?, prefixes: [String]?, everything: Bool) {
        var lists: [SelectorList: [String]] = [:]
        lists[.urls] = urls
        lists[.tags] = tags
        lists[.hosts] = hosts
        lists[.prefixes] = prefixes
        self.lists = lists
        self.everything = everything
    }

    /// Reads every entry, and checks that the zone owns it and that one request may name so much.
    ///
    /// The first thing that is wrong decides; nothing is left out silently.
    func selectors(in zone: Zone, limits: PurgeLimits) throws(PurgeRefusal) -> Selectors {
        if everything, !lists.isEmpty { throw .everythingWithOthers }
        if !everything, lists.isEmpty { throw .nothingNamed }
        for list in SelectorList.allCases {
            guard let texts = lists[list] else { continue }
            if texts.isEmpty { throw .emptyList(list) }
            let limit = list == .urls ? limits.urlsPerRequest : limits.keysPerRequest
            if texts.count > limit { throw .tooMany(list, count: texts.count, limit: limit) }
        }
        let selectors = Selectors(
            urls: try read(.urls) { text throws(SelectorError) in try PurgeURL(validating: text) },
            tags: try read(.tags) { text throws(SelectorError) in try CacheTag(validating: text) },
            hosts: try read(.hosts) { text throws(SelectorError) in try HostName(validating: text) },
            prefixes: try read(.prefixes) { text throws(SelectorError) in try PathPrefix(validating: text) },
            everything: everything)
        try Self.check(selectors, in: zone)
        return selectors
    }

    /// Each entry once, in the order given.
    private func read<Value: Hashable>(
        _ list: SelectorList, _ make: (String) throws(SelectorError) -> Value
    ) throws(PurgeRefusal) -> [Value] {
        var values: [Value] = []
        var seen: Set<Value> = []
        for text in lists[list] ?? [] {
            do throws(SelectorError) {
                let value = try make(text)
                if seen.insert(value).inserted { values.append(value) }
            } catch {
                throw .badSelector(error, text: text)
            }
        }
        return values
    }

    private static func check(_ selectors: Selectors, in zone: Zone) throws(PurgeRefusal) {
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
            throw .contradiction(error)
        }
    }
}
