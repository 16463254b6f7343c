import Synchronization
import TestSupport
import Testing
import Threads

@testable import RocksDB

@Suite struct CompactionFilterTests {
    /// What a filter captures: it counts, and tells when it goes away.
    private final class Probe: Sendable {
        private let counted = Atomic<Int>(0)
        let isDropping = Atomic<Bool>(true)
        let isReleased: Flag

        init(isReleased: Flag = Flag()) { self.isReleased = isReleased }
        deinit { isReleased.set() }

        var calls: Int { counted.load(ordering: .relaxed) }

        /// Drops values that begin with 1.
        var filter: CompactionFilter {
            CompactionFilter { _, value in
                self.counted.add(1, ordering: .relaxed)
                let isNamed = !value.isEmpty && value[0] == 1
                return isNamed && self.isDropping.load(ordering: .relaxed) ? .drop : .keep
            }
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic<Bool>(false)

        var isSet: Bool { value.load(ordering: .acquiring) }
        func set() { value.store(true, ordering: .releasing) }
    }

    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(
        _ name: String = "db", filter: CompactionFilter?, others: [String] = []
    ) throws(RocksDBError) -> (Database, ColumnFamily) {
        let filtered = ColumnFamilyOptions(
            name: "one", writeBufferBytes: 64 << 10, blockBytes: 1 << 10, compactionFilter: filter)
        let database = try Database(
            path: directory.appending(name), options: smallOptions,
            columnFamilies: [filtered] + others.map { ColumnFamilyOptions(name: $0) })
        return (database, try database.columnFamily("one"))
    }

    /// Every third entry is to be dropped.
    private func fill(_ database: Database, _ family: ColumnFamily, _ numbers: Range<Int>) throws(RocksDBError) {
        for number in numbers {
            try database.put(Self.key(number), [number.isMultiple(of: 3) ? 1 : 2, 7], in: family)
        }
    }

    private static func key(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

    private static func kept(_ numbers: Range<Int>) -> [[UInt8]] {
        numbers.filter { !$0.isMultiple(of: 3) }.map(key)
    }

    @Test func `what the filter drops is gone after a full compaction, and nothing else`() throws {
        let probe = Probe()
        let (database, family) = try open(filter: probe.filter, others: ["two"])
        let other = try database.columnFamily("two")
        try fill(database, family, 0..<5000)
        try fill(database, other, 0..<300)
        try database.compact(family)
        try database.compact(other)
        #expect(try database.entries(in: family).map(\.key) == Self.kept(0..<5000))
        #expect(try database.value(forKey: Self.key(3), in: family) == nil)
        #expect(try database.value(forKey: Self.key(4), in: family) == [2, 7])
        #expect(try database.entries(in: other).count == 300, "another family has no filter")
        #expect(probe.calls >= 5000)
        database.close()
        // It is gone from the files.
        let (again, reopened) = try open(filter: nil)
        #expect(try again.entries(in: reopened).map(\.key) == Self.kept(0..<5000))
    }

    @Test func `an older value never comes back in place of one that was dropped`() throws {
        let probe = Probe()
        let (database, family) = try open(filter: probe.filter)
        for number in 0..<500 { try database.put(Self.key(number), [2], in: family) }
        try database.compact(family)
        for number in 0..<500 { try database.put(Self.key(number), [1], in: family) }
        try database.flush()
        try database.compact(family)
        #expect(try database.entries(in: family).isEmpty)
        // What is written after that is there.
        try database.put(Self.key(1), [2], in: family)
        try database.compact(family)
        #expect(try database.entries(in: family).map(\.key) == [Self.key(1)])
    }

    @Test func `a filter may change its mind`() throws {
        let probe = Probe()
        probe.isDropping.store(false, ordering: .relaxed)
        let (database, family) = try open(filter: probe.filter)
        try fill(database, family, 0..<900)
        try database.compact(family)
        #expect(try database.entries(in: family).count == 900)
        probe.isDropping.store(true, ordering: .relaxed)
        try database.compact(family)
        #expect(try database.entries(in: family).count == 600)
    }

    @Test func `a scan that has begun sees what a compaction drops meanwhile`() throws {
        let probe = Probe()
        let (database, family) = try open(filter: probe.filter)
        try fill(database, family, 0..<3000)
        try database.flush()
        var seen: [[UInt8]] = []
        var failure: RocksDBError?
        try database.scan(in: family, from: [], to: nil) { key, _ in
            seen.append(copy(key))
            guard seen.count == 10 else { return .next }
            do throws(RocksDBError) { try database.compact(family) } catch { failure = error }
            return .next
        }
        #expect(failure == nil)
        #expect(seen == (0..<3000).map(Self.key))
        #expect(try database.entries(in: family).map(\.key) == Self.kept(0..<3000))
        // A copy that was made before keeps it as well.
        probe.isDropping.store(false, ordering: .relaxed)
        try fill(database, family, 0..<300)
        let path = directory.appending("copy")
        try database.checkpoint(to: path)
        probe.isDropping.store(true, ordering: .relaxed)
        try database.compact(family)
        let (copied, copiedFamily) = try open("copy", filter: nil)
        #expect(try copied.entries(in: copiedFamily, to: Self.key(300)).count == 300)
    }

    @Test func `a sorted file that is taken in is filtered like what was written`() throws {
        let probe = Probe()
        let (database, family) = try open(filter: probe.filter)
        let path = directory.appending("sorted.sst")
        var writer = try database.makeSortedFileWriter(path: path, for: family)
        for number in 0..<600 {
            try writer.put(Self.key(number), [number.isMultiple(of: 3) ? 1 : 2])
        }
        _ = try writer.finish()
        try database.ingest([path], into: family)
        #expect(try database.entries(in: family).count == 600)
        try database.compact(family)
        #expect(try database.entries(in: family).map(\.key) == Self.kept(0..<600))
    }

    @Test(.timeLimit(.minutes(2)))
    func `a database is closed while the filter is being asked, and lets go of it after that`() async throws {
        let started = Flag()
        let isClosing = Flag()
        let isReleased = Flag()
        do {
            let probe = Probe(isReleased: isReleased)
            let filter = CompactionFilter { key, value in
                started.set()
                // As slow as it takes for somebody to close.
                while !isClosing.isSet {}
                return probe.filter.verdict(key, value)
            }
            let (database, family) = try open(filter: filter)
            try fill(database, family, 0..<3000)
            async let compacted: RocksDBError? = DedicatedThread.run(name: "compact") {
                failure { () throws(RocksDBError) in while true { try database.compact(family) } }
            }
            try await DedicatedThread.run(name: "close") {
                while !started.isSet {}
                isClosing.set()
                database.close()
            }
            #expect(try await compacted?.code == .closed)
        }
        // The thread that compacted lets go of the database only after it has told its result.
        try await eventually("the filter was released") { isReleased.isSet }
        let (again, family) = try open(filter: nil)
        #expect(try again.entries(in: family).count >= 2000)
    }

    @Test func `a database that cannot be opened keeps no filter`() throws {
        let isReleased = Flag()
        let (database, _) = try open(filter: nil)
        do {
            let probe = Probe(isReleased: isReleased)
            #expect(failure { () throws(RocksDBError) in _ = try open(filter: probe.filter) }?.code == .locked)
        }
        #expect(isReleased.isSet)
        database.close()
    }
}
