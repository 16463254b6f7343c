import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct IndexCommitTests {
    @Test func `what was put into a change that was not written counts nothing`() throws {
        let state = try TemporaryDirectory()
        let database = try TestDatabase.open(state)
        defer { database.close() }
        let index = Index(database: database, normalization: .cloudflare)
        let board = AgentStatusBoard {}
        var commit = try IndexCommit(index, board)
        let name = try #require(CacheFileName(String(repeating: "a", count: 32)))
        let object = StoredObject(
            key: .file(cache: 0, name: name, levels: .none), generation: 1, date: 0, sizeKiB: 3,
            reversedHosts: [Array("test.a".utf8)], targets: [[0x2f]], tags: [], hasSiblings: false)
        try commit.write { try $0.put(object, into: &$1) }
        #expect(board.indexed == IndexTotals(objects: 1, bytes: 3 * 1024))
        let id = try #require(try index.entry(object.key)).object
        let record = try #require(try index.records([id]).first).record
        // The first change could not be written, so the same is done once more.
        for isWritten in [false, true] {
            var change = Change()
            commit.begin()
            commit.remove([id: record], from: &change)
            commit.seal(&change)
            guard isWritten else { continue }
            try database.write(change)
            commit.written()
        }
        #expect(board.indexed == IndexTotals())
        #expect(try index.totals() == IndexTotals())
    }
}
