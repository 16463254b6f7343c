import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct IndexTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    /// The files that the index names, each with how often.
    private func found(
        _ index: Index, _ selectors: Selectors, _ scope: Scope, step: Int = 512
    ) throws -> Set<ObjectKey> {
        var files: Set<ObjectKey> = []
        for range in try index.ranges(for: selectors, scope: scope, forms: [.visitor]) {
            var cursor: [UInt8]? = range.lower
            while let from = cursor {
                let (ids, next) = try index.objectIDs(in: range, from: from, limit: step)
                for (_, record) in try index.records(ids) { files.insert(record.key) }
                cursor = next
            }
        }
        return files
    }

    /// Writes one batch; returns what the body did.
    @discardableResult
    private func write<R>(_ index: Index, _ body: (inout Change) throws -> R) throws -> R {
        var batch = Change()
        let result = try body(&batch)
        try index.database.write(batch)
        return result
    }

    private func object(
        _ text: String, hosts: [String], target: String, tags: [String] = [], generation: UInt64 = 1, cache: UInt8 = 0,
        hasSiblings: Bool = false, sizeKiB: UInt32 = 1
    ) throws -> StoredObject {
        StoredObject(
            key: .file(
                cache: cache, name: try #require(CacheFileName(CacheFixture.name(text))),
                levels: try #require(DirectoryLevels(directory: "a/aa"))
            ),
            generation: generation, date: 1, sizeKiB: sizeKiB,
            reversedHosts: try hosts.map { Array(try HostName(validating: $0).reversed.utf8) },
            targets: [URLNormalization.cloudflare.normalize(Array(target.utf8))], tags: tags.map { Array($0.utf8) },
            hasSiblings: hasSiblings
        )
    }

    @Test(arguments: 0..<6)
    func `the index names the same objects as a look at all of them`(_ number: Int) throws {
        var random = SeededGenerator()
        var database = try TestDatabase.open(directory)
        var index = Index(database: database, normalization: .cloudflare)
        var writer = try IndexWriter(index: index)
        var model = NaiveIndex(normalization: .cloudflare)
        for step in 0..<250 {
            switch random.number(0...19) {
            case 0:
                // A batch that never reached the database.
                var batch = Change()
                for number in 0..<3 {
                    let lost = try object(
                        "lost-\(step)-\(number)", hosts: ["lost-\(random.number(0...3)).test"], target: "/",
                        tags: ["lost", "a"])
                    _ = try writer.put(lost, into: &batch)
                }
                try writer.forgetUnwritten()
            case 1:
                database.close()
                database = try TestDatabase.open(directory)
                index = Index(database: database, normalization: .cloudflare)
                writer = try IndexWriter(index: index)
            case 2...12: try change(&model, writer, &random, step)
            default: try compare(index, model, &random)
            }
        }
        let totals = try index.countedTotals()
        #expect(totals.objects == model.entries.count)
        let change = try write(index) { batch in
            try model.entries.keys.map { try writer.remove($0, from: &batch) }.reduce(IndexTotals(), +)
        }
        #expect(change == -totals)
        for family in ["objects", "files", "urls", "tags"] {
            #expect(try TestDatabase.count(family, database) == 0, "\(family), seed \(random.seed)")
        }
        database.close()
    }

    /// One batch of puts, replacements and removals, in index and model alike.
    private func change(
        _ model: inout NaiveIndex, _ writer: IndexWriter, _ random: inout SeededGenerator, _ step: Int
    ) throws {
        var batch = Change()
        writer.beginChange()
        var touched: Set<ObjectKey> = []
        var expected = 0
        var counted = IndexTotals()
        let before = try writer.index.countedTotals()
        for _ in 0..<random.number(1...12) {
            let hosts =
                random.once(in: 12) ? [] : (0..<random.number(1...2)).map { _ in random.pick(RandomPurges.hosts) }
            var new = try object(
                "file-\(random.number(0...60))", hosts: hosts.count == 2 && hosts[0] == hosts[1] ? [hosts[0]] : hosts,
                target: random.pick(RandomPurges.targets), tags: RandomPurges.tags.filter { _ in random.once(in: 3) },
                generation: UInt64(random.number(1...3)) << 20 | UInt64(step), cache: UInt8(random.number(0...1)),
                hasSiblings: random.once(in: 4), sizeKiB: UInt32(random.number(0...9))
            )
            if random.once(in: 5) {
                new.key = .file(cache: new.key.cache, name: FileLocation(new.key).name, levels: .none)
            }
            guard touched.insert(new.key).inserted else { continue }
            let known = model.entries[new.key]
            if random.once(in: 3) {
                counted += try writer.remove(new.key, from: &batch)
                expected -= known == nil ? 0 : 1
                model.entries[new.key] = nil
            } else {
                counted += try writer.put(new, into: &batch)
                expected += known == nil ? 1 : 0
                if known?.object.generation != new.generation {
                    var names = try hosts.map { try HostName(validating: $0) }
                    // A place stands for one cache key: what was learnt there stays.
                    if names.isEmpty, let known, !known.hosts.isEmpty {
                        names = known.hosts
                        new.targets = known.object.targets
                    }
                    model.entries[new.key] = NaiveIndex.Entry(object: new, hosts: names)
                }
            }
        }
        check(counted.objects == expected, "counted \(counted), expected \(expected), seed \(random.seed)")
        try writer.index.database.write(batch)
        let after = try writer.index.countedTotals()
        check(after == before + counted, "counted \(counted) from \(before) to \(after), seed \(random.seed)")
    }

    private func compare(_ index: Index, _ model: NaiveIndex, _ random: inout SeededGenerator) throws {
        let selectors = try RandomPurges.selectors(&random)
        let scope = try RandomPurges.scope(&random)
        let answer = try found(index, selectors, scope, step: random.number(1...20))
        check(answer == model.matches(selectors, scope), "\(selectors) in \(scope), seed \(random.seed)")
        // By name, and by directory.
        for file in model.entries.keys.prefix(3) {
            let entry = try index.entry(file)
            check(entry?.generation == model.entries[file]?.object.generation, "\(file), seed \(random.seed)")
            let place = FileLocation(file)
            let directory = place.name.directory(levels: place.levels)
            let keys = try index.entries(in: CacheFileName.keys(of: file.cache, below: directory)).keys
            let expected = model.entries.keys.filter {
                $0.cache == file.cache && FileLocation($0).name.belongs(in: directory, levels: place.levels)
            }
            check(Set(keys) == Set(expected), "\(directory), seed \(random.seed)")
        }
    }

    @Test func `a prefix is whole path segments`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let targets = ["/a/b", "/a/b?q", "/a/b/", "/a/b/c", "/a/bc", "/a/b-", "/a/b%2F", "/a", "/a/B"]
        try write(index) { batch in
            for target in targets {
                _ = try writer.put(try object(target, hosts: ["a.test"], target: target), into: &batch)
            }
        }
        func matched(_ prefix: String) throws -> Set<String> {
            let files = try found(index, Selectors(prefixes: [try PathPrefix(validating: prefix)]), .all)
            return Set(
                targets.filter { target in files.contains { FileLocation($0).name.text == CacheFixture.name(target) } })
        }
        #expect(try matched("a.test/a/b") == ["/a/b", "/a/b?q", "/a/b/", "/a/b/c"])
        #expect(try matched("a.test/a/b/") == ["/a/b/", "/a/b/c"])
        #expect(try matched("a.test") == Set(targets))
        #expect(try matched("a.test/") == Set(targets))
        #expect(try matched("b.test").isEmpty)
    }

    @Test func `a purge of subdomains leaves addresses alone`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        try write(index) { batch in
            for host in ["1.2.3.4", "x.1", "x.2.1"] {
                _ = try writer.put(try object(host, hosts: [host], target: "/", tags: ["t"]), into: &batch)
            }
        }
        let scope = Scope([try HostPattern(validating: "*.1")])
        let expected = Set(["x.1", "x.2.1"].map(CacheFixture.name))
        for selectors in [Selectors(everything: true), Selectors(tags: [try CacheTag(validating: "t")])] {
            #expect(Set(try found(index, selectors, scope).map { FileLocation($0).name.text }) == expected)
        }
    }

    @Test func `removing an old generation never drops the entry of a newer one`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let old = try object("f", hosts: ["a.test"], target: "/old", tags: ["t"], generation: 1)
        try write(index) { _ = try writer.put(old, into: &$0) }
        let oldID = try #require(try index.entry(old.key)).object
        let new = try object("f", hosts: ["a.test"], target: "/new", tags: ["t"], generation: 2)
        #expect(try write(index) { try writer.put(new, into: &$0) } == IndexTotals())
        #expect(try index.records([oldID]).isEmpty)
        #expect(try found(index, Selectors(tags: [try CacheTag(validating: "t")]), .all) == [new.key])
        #expect(try found(index, Selectors(urls: [try PurgeURL(validating: "http://a.test/old")]), .all).isEmpty)
        #expect(try index.entry(new.key)?.generation == 2)
    }

    @Test func `two files of one name in directories of different levels are two objects`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let nested = try object("f", hosts: ["a.test"], target: "/", generation: 1)
        var flat = nested
        flat.key = ObjectKey.file(cache: 0, name: FileLocation(nested.key).name, levels: .none)
        flat.generation = 2
        #expect(try write(index) { try writer.put(nested, into: &$0) + writer.put(flat, into: &$0) }.objects == 2)
        let everything = Selectors(everything: true)
        #expect(try found(index, everything, .all) == [nested.key, flat.key])
        #expect(try write(index) { try writer.remove(flat.key, from: &$0) }.objects == -1)
        #expect(try found(index, everything, .all) == [nested.key])
    }

    @Test func `variants and slices of one URL are a family, over all caches`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let members = try (0..<600).map { number in
            try object("m\(number)", hosts: ["a.test"], target: "/v", cache: UInt8(number % 2), hasSiblings: true)
        }
        try write(index) { batch in
            for member in members { _ = try writer.put(member, into: &batch) }
            _ = try writer.put(try object("x", hosts: ["a.test"], target: "/v?"), into: &batch)
            _ = try writer.put(try object("y", hosts: ["b.test"], target: "/v"), into: &batch)
        }
        let first = try #require(try index.entry(members[0].key)).object
        let record = try #require(try index.records([first]).first).record
        let family = try index.records(try index.family(of: record)).map(\.record.key)
        #expect(family.count == 600)
        #expect(Set(family) == Set(members.map(\.key)))
    }

    @Test func `hosts and tags of a lost batch get their names when they come again`() throws {
        let database = try TestDatabase.open(directory)
        let index = Index(database: database, normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let one = try object("f", hosts: ["a.test"], target: "/", tags: ["t"])
        do {
            var batch = Change()
            _ = try writer.put(one, into: &batch)
        }
        try writer.forgetUnwritten()
        try write(index) { _ = try writer.put(one, into: &$0) }
        #expect(try found(index, Selectors(tags: [try CacheTag(validating: "t")]), .all) == [one.key])
        #expect(try found(index, Selectors(hosts: [try HostName(validating: "a.test")]), .all) == [one.key])
        #expect(try index.nameCounts() == (hosts: 1, tags: 1))
        #expect(try index.hostText(0) == "a.test")
        #expect(try index.tag(0) == Array("t".utf8))
    }

    @Test func `hosts are shown as they are read, addresses too`() throws {
        let index = Index(database: try TestDatabase.open(directory), normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        let hosts = ["www.shop.example", "192.0.2.17", "[2001:db8::1]", "[::ffff:192.0.2.1]", "localhost"]
        for (number, host) in hosts.enumerated() {
            let object = try object("f\(number)", hosts: [host], target: "/")
            try write(index) { _ = try writer.put(object, into: &$0) }
            #expect(try index.hostText(UInt32(number)) == host)
        }
    }

    /// Attack: a purge of a thousand tags in a scope of very many hosts; all of them were looked up at once.
    @Test func `what a purge names is looked up a few at a time, whatever it names`() throws {
        let directory = try TemporaryDirectory()
        let index = Index(database: try TestDatabase.open(directory), normalization: .cloudflare)
        let writer = try IndexWriter(index: index)
        var random = SeededGenerator()
        var change = Change()
        for number in 0..<600 {
            let name = try #require(CacheFileName(random.fileName()))
            _ = try writer.put(
                StoredObject(
                    key: .file(cache: 0, name: name, levels: .none), generation: 1, date: 0, sizeKiB: 1,
                    reversedHosts: [Array("test.many.h\(number)".utf8)], targets: [Array("/".utf8)],
                    tags: [Array("t".utf8)], hasSiblings: false), into: &change)
        }
        try index.database.write(change)
        let scope = Scope([try HostPattern(validating: "*.many.test"), try HostPattern(validating: "h7.many.test")])
        let urls = try (0..<600).map { try PurgeURL(validating: "http://h\($0).many.test/") }
        let all: [(Selectors, Int)] = [
            (Selectors(everything: true), 601), (Selectors(urls: urls), 600),
            (Selectors(tags: try ["none", "t"].map { try CacheTag(validating: $0) }), 601),
        ]
        for (selectors, count) in all {
            var finder = IndexRangeFinder(selectors, scope, URLForms(.cloudflare))
            var found: Set<IndexRange> = []
            var (ranges, calls) = (0, 0)
            while !finder.isThrough, calls < 10_000 {
                var looks = 1
                if let range = try finder.next(index, &looks) {
                    ranges += 1
                    found.insert(range)
                }
                #expect(looks >= 0)
                calls += 1
            }
            #expect(ranges == count && found.count == 600)
            #expect(Set(try index.ranges(for: selectors, scope: scope, forms: [.visitor])) == found)
        }
    }
}
