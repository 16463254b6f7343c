import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct GuardTableTests {
    private let key = QueueKey(partition: 0, epoch: 0, offset: 0)

    private func add(
        _ selectors: Selectors, _ scope: Scope = .all, mode: PurgeMode = .delete, reference: Int64 = 0,
        to table: inout GuardTable
    ) -> UInt64 {
        let names = GuardNames.names(of: selectors, scope: scope, forms: URLForms(.cloudflare))
        return table.add(key, mode: mode, reference: reference, until: 0, ends: .now, names: names)
    }

    private func object(_ random: inout SeededGenerator) throws -> (StoredObject, [HostName]) {
        let hosts = try (0..<random.number(1...2)).map { _ in try HostName(validating: random.pick(RandomPurges.hosts))
        }
        let target = URLNormalization.cloudflare.normalize(Array(random.pick(RandomPurges.targets).utf8))
        let tags = RandomPurges.tags.filter { _ in random.once(in: 3) }.map { Array($0.utf8) }
        let name = try #require(CacheFileName(random.fileName()))
        let object = StoredObject(
            key: .file(cache: 0, name: name, levels: .none), generation: 1, date: 0, sizeKiB: 1,
            reversedHosts: hosts.map { Array($0.reversed.utf8) }, targets: [target], tags: tags, hasSiblings: false)
        return (object, hosts)
    }

    @Test func `a guard names exactly what its purge names`() throws {
        var random = SeededGenerator()
        var met = 0
        for _ in 0..<3000 {
            var table = GuardTable()
            let selectors = try RandomPurges.selectors(&random)
            let scope = try RandomPurges.scope(&random)
            _ = add(selectors, scope, to: &table)
            for _ in 0..<5 {
                let (object, hosts) = try object(&random)
                var naive = NaiveIndex(normalization: .cloudflare)
                naive.entries[object.key] = NaiveIndex.Entry(object: object, hosts: hosts)
                let isNamed = !naive.matches(selectors, scope).isEmpty
                met += isNamed ? 1 : 0
                let target = String(decoding: object.targets[0], as: UTF8.self)
                check(
                    (table.match(object) != nil) == isNamed,
                    "\(selectors) \(scope) \(hosts) \(target), seed \(random.seed)"
                )
            }
        }
        #expect(met > 500)
    }

    @Test func `with thousands of guards the newest that names an object counts, until it ends`() throws {
        var random = SeededGenerator()
        var table = GuardTable()
        var standing: [(number: UInt64, mode: PurgeMode, selectors: Selectors, scope: Scope)] = []
        for round in 0..<2000 {
            let selectors = try RandomPurges.selectors(&random)
            let scope = try RandomPurges.scope(&random)
            let mode = random.pick([PurgeMode.delete, .invalidate])
            standing.append(
                (add(selectors, scope, mode: mode, reference: Int64(round), to: &table), mode, selectors, scope))
            if random.once(in: 3) {
                table.removeFirst()
                standing.removeFirst()
            }
            let (object, hosts) = try object(&random)
            var naive = NaiveIndex(normalization: .cloudflare)
            naive.entries[object.key] = NaiveIndex.Entry(object: object, hosts: hosts)
            let naming = standing.filter { !naive.matches($0.selectors, $0.scope).isEmpty }
            let match = table.match(object)
            check(match?.number == naming.last?.number, "round \(round), seed \(random.seed)")
            let deletes = naming.contains { $0.mode == .delete }
            check(naming.isEmpty || match?.mode == (deletes ? .delete : .invalidate), "seed \(random.seed)")
            check(table.count == standing.count, "seed \(random.seed)")
        }
        while !table.isEmpty { table.removeFirst() }
        #expect(table.nameCount == 0)
        #expect(table.match(try object(&random).0) == nil)
    }

    @Test func `a tag counts once, however many hosts its scope has, and in however many scopes it stands`() throws {
        var table = GuardTable()
        let selectors = Selectors(tags: try ["a", "b"].map { try CacheTag(validating: $0) })
        let name = try #require(CacheFileName(String(repeating: "a", count: 32)))
        func object(_ host: String) throws -> StoredObject {
            StoredObject(
                key: .file(cache: 0, name: name, levels: .none), generation: 1, date: 0, sizeKiB: 1,
                reversedHosts: [Array(try HostName(validating: host).reversed.utf8)], targets: [[0x2f]],
                tags: [Array("b".utf8)], hasSiblings: false)
        }
        func scope(_ zone: Int) throws -> Scope {
            Scope(try (0..<50).map { try HostPattern(validating: "*.h\($0).zone\(zone).example") })
        }
        for zone in 0..<64 { for _ in 0..<2 { _ = add(selectors, try scope(zone), to: &table) } }
        #expect(table.nameCount == 64 * 2 * 2)
        // No more scopes are kept: each pattern by itself.
        _ = add(selectors, try scope(64), to: &table)
        #expect(table.nameCount == 64 * 2 * 2 + 100)
        for zone in 0...64 {
            #expect(table.match(try object("www.h49.zone\(zone).example"))?.number == UInt64(min(129, 2 * zone + 2)))
            #expect(table.match(try object("h49.zone\(zone).example")) == nil)
        }
        for zone in 0..<64 {
            table.removeFirst()
            #expect(table.match(try object("www.h7.zone\(zone).example")) != nil, "the other one stands")
            table.removeFirst()
            #expect(table.match(try object("www.h7.zone\(zone).example")) == nil)
        }
        #expect(table.nameCount == 100)
    }

    @Test func `an address is not below a host that looks like its beginning`() throws {
        var table = GuardTable()
        _ = add(Selectors(everything: true), Scope([try HostPattern(validating: "*.0.1")]), to: &table)
        let name = try #require(CacheFileName(String(repeating: "a", count: 32)))
        func object(_ host: String) -> StoredObject {
            StoredObject(
                key: .file(cache: 0, name: name, levels: .none), generation: 1, date: 0, sizeKiB: 1,
                reversedHosts: [Array(host.utf8)], targets: [[0x2f]], tags: [], hasSiblings: false)
        }
        #expect(table.match(object("1.0.5.5")) == nil)
        #expect(table.match(object("1.0.www")) != nil)
    }

    @Test func `a full table takes no purge, and siblings beyond it have the purge repeated`() throws {
        var table = GuardTable(namesMax: 2)
        let tags = Selectors(tags: try ["a", "b"].map { try CacheTag(validating: $0) })
        let first = add(tags, to: &table)
        #expect(table.isFull)
        #expect(table.first?.needsRepeat == false)
        table.extend(first, [42], .urls)
        #expect(table.first?.needsRepeat == true)
        table.removeFirst()
        #expect(!table.isFull)
    }

    @Test func `guards that are kept do not keep others, however many they are`() throws {
        var table = GuardTable()
        let now = ContinuousClock.now
        func add(_ ends: Duration) -> UInt64 {
            table.add(
                key, mode: .delete, reference: 0, until: 0, ends: now + ends,
                names: GuardNames.OfPurge(whole: [table.count], kinds: .urls))
        }
        let numbers = (0..<3000).map { add(.seconds($0 < 2900 ? 1 : 10)) }
        for number in numbers.dropFirst() { table.applied(number) }
        #expect(!table.hasOver(now))
        #expect(table.nextEnd == now + .seconds(1))
        let isHeld = { (one: GuardTable.Guard) in one.number < numbers[2000] }
        let first = table.ended(now + .seconds(1), limit: 500, isHeld: isHeld)
        #expect(first.map(\.number) == Array(numbers[2000..<2500]))
        for one in first { table.remove(one.number) }
        let second = table.ended(now + .seconds(1), limit: 500, isHeld: isHeld)
        #expect(second.map(\.number) == Array(numbers[2500..<2900]))
        #expect(table.nextEnd == now + .seconds(10), "those that are kept wait for something else than time")
        #expect(table.hasOver(now))
        #expect(table.first?.number == numbers[0])
        let all = table.ended(now + .seconds(1), limit: 5000)
        #expect(all.count == 2399, "the first is not applied")
        for number in numbers { table.remove(number) }
        #expect(table.isEmpty && table.nextEnd == nil && !table.hasOver(now + .seconds(100)))
        #expect(table.nameCount == 0)
    }
}
