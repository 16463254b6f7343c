import Foundation

@testable import RocksDB

/// Small caches, so that tests reach files and evictions.
let smallOptions = DatabaseOptions(blockCacheBytes: 1 << 20, totalWriteBufferBytes: 1 << 20, maxOpenFiles: 20)

func openDatabase(
    _ path: String, _ families: [String] = ["one"], options: DatabaseOptions = smallOptions
) throws(RocksDBError) -> Database {
    try Database(
        path: path, options: options,
        columnFamilies: families.map { ColumnFamilyOptions(name: $0, writeBufferBytes: 64 << 10, blockBytes: 1 << 10) }
    )
}

extension Database {
    func put(_ key: [UInt8], _ value: [UInt8], in family: ColumnFamily, sync: Bool = false) throws(RocksDBError) {
        var batch = WriteBatch()
        batch.put(key, value, in: family)
        try write(batch, sync: sync)
    }

    /// All entries of a range, copied.
    func entries(
        in family: ColumnFamily, from lower: [UInt8] = [], to upper: [UInt8]? = nil, limit: Int = .max
    ) throws(RocksDBError) -> [Entry] {
        var found: [Entry] = []
        try scan(in: family, from: lower, to: upper) { key, value in
            found.append(Entry(key: copy(key), value: copy(value)))
            return found.count < limit ? .next : .stop
        }
        return found
    }
}

struct Entry: Hashable, CustomStringConvertible {
    let key: [UInt8]
    let value: [UInt8]

    var description: String { "\(key)=\(value)" }
}

/// The bytes of a span.
///
/// No pointers, so that tests need no `unsafe`.
func copy(_ span: Span<UInt8>) -> [UInt8] { span.indices.map { span[$0] } }

/// The error that `body` throws, nil when it throws none.
func failure(of body: () throws(RocksDBError) -> Void) -> RocksDBError? {
    do throws(RocksDBError) {
        try body()
        return nil
    } catch {
        return error
    }
}

func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }

/// Runs `body` on that many threads at the same time, and returns when all are done.
///
/// Real threads: `concurrentPerform` has no more than there are cores, so that one iteration may wait for ever for
/// another.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let group = DispatchGroup()
    for index in 0..<count {
        group.enter()
        Thread {
            body(index)
            group.leave()
        }.start()
    }
    group.wait()
}
