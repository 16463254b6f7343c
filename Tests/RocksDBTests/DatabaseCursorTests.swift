import TestSupport
import Testing

@testable import RocksDB

struct DatabaseCursorTests {
    let directory: TemporaryDirectory
    let database: Database
    let family: ColumnFamily

    init() throws {
        directory = try TemporaryDirectory()
        database = try openDatabase(directory.appending("db"))
        family = try database.columnFamily("one")
    }

    private func entries(
        _ cursor: DatabaseCursor, from lower: [UInt8], to upper: [UInt8]?, limit: Int = .max
    ) throws -> [Entry] {
        var found: [Entry] = []
        try cursor.scan(from: lower, to: upper) { key, value in
            guard found.count < limit else { return .stop }
            found.append(Entry(key: copy(key), value: copy(value)))
            return .next
        }
        return found
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `it finds what scans find, in any order of ranges`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5 {
            for number in 0..<UInt8(random.number(1...60)) {
                try database.put(random.keyBytes(upTo: 4), [number], in: family)
            }
            var batch = WriteBatch()
            for _ in 0..<random.number(0...20) { batch.delete(random.keyBytes(upTo: 4), in: family) }
            try database.write(batch, sync: false)
            if random.once(in: 2) { try database.flush() }
            let cursor = try database.cursor(in: family)
            for _ in 0..<60 {
                let lower = random.keyBytes(upTo: 4)
                let upper = random.once(in: 5) ? nil : random.keyBytes(upTo: 4)
                let limit = random.once(in: 3) ? random.number(0...3) : .max
                // A scan asked for none shows one.
                let expected = limit == 0 ? [] : try database.entries(in: family, from: lower, to: upper, limit: limit)
                let place: Comment = "seed \(seed): \(lower)..<\(upper ?? [])"
                #expect(try entries(cursor, from: lower, to: upper, limit: limit) == expected, place)
            }
        }
    }

    @Test func `it sees what was there at its beginning`() throws {
        for key in UInt8(0)..<10 { try database.put([key], [key], in: family) }
        let cursor = try database.cursor(in: family)
        try database.put([3, 1], [], in: family)
        #expect(try entries(cursor, from: [3], to: [5]).map(\.key) == [[3], [4]])
        #expect(try entries(try database.cursor(in: family), from: [3], to: [5]).map(\.key) == [[3], [3, 1], [4]])
    }

    /// Without an upper bound RocksDB goes through everything that was deleted behind a range.
    @Test func `what was deleted by the thousand behind a range, or within it, hides nothing`() throws {
        var batch = WriteBatch()
        for number in 0..<5_000 { batch.put([1, UInt8(number >> 8), UInt8(number & 0xFF)], [], in: family) }
        for key: [UInt8] in [[0], [1, 9, 9, 9], [2]] { batch.put(key, key, in: family) }
        for number in 0..<5_000 { batch.delete([1, UInt8(number >> 8), UInt8(number & 0xFF)], in: family) }
        try database.write(batch, sync: false)
        let cursor = try database.cursor(in: family)
        for _ in 0..<5 {
            #expect(try entries(cursor, from: [0, 0], to: [1]).isEmpty)
            #expect(try entries(cursor, from: [0], to: [1, 0, 0]).map(\.key) == [[0]])
            #expect(try entries(cursor, from: [0], to: [2]).map(\.key) == [[0], [1, 9, 9, 9]])
            #expect(try entries(cursor, from: [1, 9, 10], to: nil).map(\.key) == [[2]])
            #expect(try entries(cursor, from: [3], to: nil).isEmpty)
        }
    }

    @Test func `a closed database and a family of another one are refused`() throws {
        let other = try openDatabase(directory.appending("other"))
        #expect(
            failure { () throws(RocksDBError) in _ = try other.cursor(in: family) }?.code == .invalidArgument)
        // Those that were refused are not waited for.
        other.close()
        database.close()
        #expect(failure { () throws(RocksDBError) in _ = try database.cursor(in: family) }?.code == .closed)
    }

    @Test func `closing waits for a cursor that looks`() throws {
        for key in UInt8(0)..<100 { try database.put([key], [key], in: family) }
        let (database, family) = (database, family)
        onThreads(2) { thread in
            guard thread == 1 else { return database.close() }
            guard let cursor = try? database.cursor(in: family) else { return }
            var count = 0
            try? cursor.scan(from: [], to: nil) { _, _ in
                count += 1
                return .next
            }
            #expect(count == 100)
        }
    }
}
