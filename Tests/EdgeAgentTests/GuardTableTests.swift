import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct GuardTableTests {
    private let key = QueueKey(partition: 0, epoch: 0, offset: 0)

    private func add(
        _ selectors: Selectors, _ scope: Scope = .all, zone: String = "z", mode: PurgeMode = .delete,
        reference: Int64 = 0, to table: inout GuardTable
    ) -> UInt64 {
        let span = GuardSpan(from: reference, window: .zero)
        return table.add(key, zone: zone, mode: mode, span: span, ends: .now) { grain in
            GuardNames.names(of: selectors, scope: scope, forms: URLForms(.cloudflare), grain: grain)
        }
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
        #expect(table.nameCount == 64 * 2)
        // No more scopes are kept: each pattern by itself.
        _ = add(selectors, try scope(64), to: &table)
        #expect(table.nameCount == 64 * 2 + 100)
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

    /// Attack: one zone invalidates 60,000 pages again and again.
    ///
    /// Its names filled a table that all zones shared, each time anew, and the purges of all zones waited until guards
    /// had ended.
    @Test func `a name counts once, however often it is purged, and those that newer guards stand for end`() throws {
        var table = GuardTable()
        let selectors = Selectors(tags: [try CacheTag(validating: "t")])
        var numbers: [UInt64] = []
        for _ in 0..<9 {
            let number = add(selectors, mode: .invalidate, to: &table)
            table.extend(number, GuardNames.OfPurge(whole: Array(0..<1000), kinds: .urls)) {
                Issue.record("there is room")
                return GuardNames.OfPurge()
            }
            table.applied(number)
            numbers.append(number)
        }
        #expect(table.nameCount == 1001)
        #expect(table.coarseCount == 0)
        #expect(table.hasOver(.now - .seconds(60)))
        let over = table.ended(.now - .seconds(60), limit: 100).map(\.number)
        #expect(over == Array(numbers.dropLast()), "all but the newest")
        for number in over { table.remove(number) }
        #expect(table.nameCount == 1001 && table.count == 1)
        #expect(!table.hasOver(.now - .seconds(60)))
        // One that is to be repeated waits for its time.
        table.repeatAtEnd(numbers[8])
        table.applied(add(selectors, mode: .invalidate, to: &table))
        #expect(!table.hasOver(.now - .seconds(60)))
        table.remove(numbers[8])
        table.removeFirst()
        #expect(table.isEmpty && table.nameCount == 0)
    }

    /// Attack: one zone names more than is kept, while others are purged as always.
    @Test func `a zone that has used up its share is guarded coarsely: all that it named, and nothing of others`()
        throws
    {
        var random = SeededGenerator()
        var (met, more) = (0, 0)
        for _ in 0..<2 {
            // One has room for everything.
            var tables = [GuardTable(), GuardTable(namesMax: 200)]
            for round in 0..<250 {
                // The last zone is purged rarely.
                let zone = random.once(in: 40) ? 3 : random.number(0...2)
                let (selectors, scope) = try purge(&random, of: zone)
                let mode = random.pick([PurgeMode.delete, .invalidate])
                for index in tables.indices {
                    let number = add(selectors, scope, zone: "\(zone)", mode: mode, to: &tables[index])
                    check(tables[index].match(number) != nil, "it began, seed \(random.seed)")
                    guard index == 1, zone != 3, random.once(in: 3) else { continue }
                    let sibling = try object(&random, of: zone)
                    tables[1].extend(
                        number, GuardNames.url(reversedHosts: sibling.reversedHosts, targets: sibling.targets)
                    ) { GuardNames.hosts(sibling.reversedHosts) }
                }
                if random.once(in: 3) { for index in tables.indices { tables[index].removeFirst() } }
                for zone in 0...3 {
                    let object = try object(&random, of: zone)
                    let (exact, coarse) = (tables[0].match(object), tables[1].match(object))
                    let what: Comment =
                        "round \(round), zone \(zone), \(String(describing: exact)), seed \(random.seed)"
                    if let exact {
                        met += 1
                        check(coarse.map { $0.number >= exact.number } == true, what)
                        check(exact.mode != .delete || coarse?.mode == .delete, what)
                    } else if let coarse {
                        more += 1
                        check(coarse.zone == "\(zone)", what)
                        check(zone != 3, "no extra miss where little is purged, seed \(random.seed)")
                    }
                }
                check(tables[1].nameCount <= 400, "\(tables[1].nameCount) names, seed \(random.seed)")
            }
            #expect(tables[0].coarseCount == 0)
            for index in tables.indices {
                while !tables[index].isEmpty { tables[index].removeFirst() }
                #expect(tables[index].nameCount == 0 && tables[index].coarseCount == 0)
            }
        }
        #expect(met > 100 && more > 10, "\(met), \(more)")
    }

    /// Something random in a zone, which has two hosts and what is below them.
    private func purge(_ random: inout SeededGenerator, of zone: Int) throws -> (Selectors, Scope) {
        let hosts = hosts(of: zone)
        var selectors = Selectors()
        for _ in 0..<random.number(1...3) {
            let (host, target) = (random.pick(hosts), random.pick(RandomPurges.targets))
            switch random.number(0...20) {
            case 0: selectors.hosts.append(try HostName(validating: host))
            case 1...4: selectors.tags.append(try CacheTag(validating: random.pick(RandomPurges.tags)))
            case 5...8: selectors.prefixes.append(try PathPrefix(validating: host + "/p/\(random.number(0...20))"))
            default: selectors.urls.append(try PurgeURL(validating: "http://\(host)\(target)"))
            }
        }
        if random.once(in: 60) { selectors = Selectors(everything: true) }
        if selectors.tags.isEmpty, !selectors.everything, random.once(in: 2) { return (selectors, .none) }
        return (
            selectors, Scope(try ["zone\(zone).test", "*.zone\(zone).test"].map { try HostPattern(validating: $0) })
        )
    }

    private func hosts(of zone: Int) -> [String] {
        ["zone\(zone).test", "a.zone\(zone).test", "b.zone\(zone).test", "c.b.zone\(zone).test"]
    }

    private func object(_ random: inout SeededGenerator, of zone: Int) throws -> StoredObject {
        var (object, _) = try object(&random)
        object.reversedHosts = [Array(try HostName(validating: random.pick(hosts(of: zone))).reversed.utf8)]
        if random.once(in: 2) {
            object.targets = [Array("/p/\(random.number(0...40))/x".utf8)]
            object.tags = []
        }
        return object
    }

    @Test func `variants beyond a zone's share are guarded by their hosts, and without room for these at the end`()
        throws
    {
        var table = GuardTable(namesMax: 8)
        let first = add(Selectors(tags: [try CacheTag(validating: "a")]), to: &table)
        func extend(_ urls: Range<Int>, hosts: [Int]) {
            table.extend(first, GuardNames.OfPurge(whole: Array(urls), kinds: .urls)) {
                GuardNames.OfPurge(whole: hosts, kinds: .hosts)
            }
        }
        extend(0..<2, hosts: [])
        #expect(table.nameCount == 3 && table.coarseCount == 0)
        extend(0..<5, hosts: [10])
        #expect(table.nameCount == 4 && table.coarseCount == 1)
        #expect(table.first?.needsRepeat == false)
        extend(0..<5, hosts: [10])
        #expect(table.nameCount == 4, "known already")
        extend(0..<5, hosts: [11, 12, 13])
        #expect(table.nameCount == 4)
        #expect(table.first?.needsRepeat == true)
        table.removeFirst()
        #expect(table.nameCount == 0 && table.coarseCount == 0)
    }

    @Test func `guards that are kept do not keep others, however many they are`() throws {
        var table = GuardTable()
        let now = ContinuousClock.now
        func add(_ ends: Duration) -> UInt64 {
            let count = table.count
            return table.add(
                key, zone: "z", mode: .delete, span: GuardSpan(from: 0, window: .zero), ends: now + ends
            ) { _ in GuardNames.OfPurge(whole: [count], kinds: .urls) }
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
