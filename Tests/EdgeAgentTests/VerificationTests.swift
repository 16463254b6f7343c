import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite(.serialized) struct VerificationTests: OverCacheBench {
    let bench: CacheBench

    init() throws { bench = try CacheBench() }

    private func change(_ worker: WorkerFixture, _ body: (inout Change) throws -> Void) throws {
        var batch = Change()
        try body(&batch)
        try worker.database.write(batch)
    }

    private func location(_ file: String) throws -> ObjectKey {
        let name = try #require(CacheFileName(String(file.suffix(32))))
        return ObjectKey.file(cache: 0, name: name, levels: try #require(DirectoryLevels(directory: "a/bc")))
    }

    @Test func `verify puts wrong totals right, on disk too`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        for number in 0..<30 { try fixture.store("http://a.test/\(number)", tags: "t") }
        try await worker.startAndScan()
        worker.board.indexChanged(by: IndexTotals(objects: 1000, bytes: -77))
        let report = try await verify(worker)
        #expect(report == VerificationReport())
        #expect(worker.board.indexed == IndexTotals(objects: 30, bytes: 30 * 1024))
        #expect(try worker.index.totals() == worker.board.indexed)
        try await worker.stop()
    }

    @Test func `verify finds what was planted, repairs it, and finds nothing the second time`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path])
        let stored = try (0..<40).map { try fixture.store("http://a.test/\($0)", tags: "all,t\($0)") }
        try await worker.startAndScan()
        try await worker.apply([try WorkerFixture.event(tag: "t39")])
        let index = worker.index
        let entries = try stored.map { try index.entry(try location($0)) }
        let objects = try index.records(entries.compactMap { $0?.object })
        #expect(objects.count == 39)
        // What the watcher does not say from here on is damage.
        worker.set(.sleeps)
        try change(worker) { batch in
            // Files that the index does not have: 0, 1.
            for object in objects[0...1] {
                let change = try IndexWriter(index: index).remove([object.id: object.record], from: &batch)
                worker.board.indexChanged(by: change)
            }
            // Objects with a part missing: a tag, a URL, the record, the tag's name.
            batch.delete(IndexKeys.label(objects[2].record.labels[0], objects[2].id), in: index.tables.tags)
            batch.delete(
                IndexKeys.url(objects[3].record.hosts[0], target: objects[3].record.targets[0], id: objects[3].id),
                in: index.tables.urls)
            batch.delete(IndexKeys.object(objects[4].id), in: index.tables.objects)
            batch.delete(IndexKeys.labelName(Array("t5".utf8), Array("test.a".utf8)), in: index.tables.names)
            // Entries that lead nowhere: two, and what is left of object 4.
            batch.put(IndexKeys.label(0, ObjectID(rawValue: 99_999)), [], in: index.tables.tags)
            batch.put(
                IndexKeys.url(0, target: Array("/x".utf8), id: ObjectID(rawValue: 99_998)), [], in: index.tables.urls)
        }
        // Gone: 6. Another file: 7, 8.
        try CacheFixture.remove(stored[6])
        try fixture.store("http://a.test/7", tags: "all,t7,new")
        try fixture.store("http://a.test/8", tags: "all,t8,new")
        let report = try await verify(worker)
        #expect(report.unindexedFiles == 2)
        #expect(report.vanishedFiles == 1)
        #expect(report.replacedFiles == 2)
        #expect(report.incompleteObjects == 4)
        // Of object 4: one URL, two tags. Objects 2 and 3 went as a whole.
        #expect(report.danglingEntries == 5)
        #expect(report.unusedNames >= 1, "t39 is nowhere any more")
        #expect(worker.board.counts.repaired == Int64(report.repaired))
        let again = try await verify(worker)
        #expect(again == VerificationReport())
        worker.set(nil)
        try await worker.apply([try WorkerFixture.event(tag: "t5")])
        #expect(!isLive(stored[5]))
        try await worker.apply([try WorkerFixture.event(tag: "new")])
        #expect(!isLive(stored[7]))
        try await worker.apply([try WorkerFixture.event(tag: "all")])
        #expect(!stored.contains(where: isLive))
        #expect(try TestDatabase.count("files", worker.database) == 0)
        #expect(worker.board.counts.objectsIndexed == 0)
        let empty = try await verify(worker)
        #expect(empty.repaired == 0)
        // Only the highest numbers stay, so that new ones are counted on from them.
        #expect(try TestDatabase.count("names", worker.database) == 4)
        try await worker.stop()
    }

    @Test(arguments: FaultyWatcher.kinds)
    func `in a storm of changes and purges verify takes nothing for damage`(_ kind: WatcherKind) async throws {
        var random = SeededGenerator()
        let worker = try WorkerFixture(state: state, caches: [files.path], kind: kind)
        for number in 0..<300 { try fixture.store("http://a.test/\(number)", tags: "t\(number % 7)") }
        try await worker.startAndScan()
        for round in 0..<4 {
            let task = try #require(worker.upkeep.verify())
            for _ in 0..<1500 where worker.upkeep.task(task.id)?.state != .done {
                let key = "http://a.test/\(random.number(0...299))"
                switch random.number(0...9) {
                case 0...5: try fixture.store(key, tags: "t\(random.number(0...6))")
                case 6, 7:
                    try? CacheFixture.remove(files.path + "/" + fixture.relativePath(CacheFixture.name(key)))
                case 8: try worker.enqueue([try WorkerFixture.event(tag: "t\(random.number(0...6))")])
                default: await Task.yield()
                }
            }
            try await eventually("the verification ends, seed \(random.seed)", within: .seconds(60)) {
                worker.upkeep.task(task.id)?.state == .done
            }
            let report = worker.upkeep.task(task.id)?.report ?? VerificationReport()
            check(report.repaired == 0, "round \(round): \(report), seed \(random.seed)")
        }
        try await worker.stop()
    }

    @Test func `in the background it repairs by itself`() async throws {
        let worker = try WorkerFixture(state: state, caches: [files.path], verifyInterval: .milliseconds(200))
        let file = try fixture.store("http://a.test/", tags: "t")
        try await worker.startAndScan()
        let entry = try #require(try worker.index.entry(try location(file)))
        try change(worker) { batch in
            let objects = try worker.index.records([entry.object])
            for (id, record) in objects {
                _ = try IndexWriter(index: worker.index).remove([id: record], from: &batch)
            }
        }
        try await eventually("it is repaired") { worker.board.counts.repaired == 1 }
        try await worker.apply([try WorkerFixture.event(tag: "t")])
        #expect(!isLive(file))
        try await worker.stop()
    }

    @Test(arguments: 0..<5)
    func `killed at any point, an agent leaves nothing that verify would find`(_ number: Int) async throws {
        var random = SeededGenerator()
        for round in 0..<4 {
            let closing = DatabaseCloser()
            let clock = TestClock(.runs, atLook: random.number(1...8)) { closing.close() }
            let worker = try WorkerFixture(state: state, caches: [files.path], clock: clock)
            closing.set(worker.database)
            for number in 0..<200 where random.once(in: 2) {
                try fixture.store("http://a.test/\(number)", tags: "t\(random.number(0...5)),r\(round)")
            }
            try worker.enqueue(try (0..<3).map { _ in try WorkerFixture.event(tag: "t\(random.number(0...5))") })
            worker.start()
            try await eventually("all is applied, or it crashed, seed \(random.seed)") {
                worker.board.problem != nil || (!worker.board.isScanning && worker.queue.count == 0)
            }
            try await worker.stop()
        }
        let last = try WorkerFixture(state: state, caches: [files.path])
        try await last.startAndScan()
        try await eventually("all is applied") { last.queue.count == 0 }
        let report = try await verify(last)
        check(report.repaired == 0, "\(report), seed \(random.seed)")
        check(try last.index.countedTotals() == last.board.indexed, "objects counted, seed \(random.seed)")
        try await last.stop()
    }

    private func verify(_ worker: WorkerFixture) async throws -> VerificationReport {
        let task = try #require(worker.upkeep.verify())
        try await eventually("the verification ends; \(worker.board.problem ?? "no problem")", within: .seconds(60)) {
            worker.upkeep.task(task.id)?.state == .done
        }
        return try #require(worker.upkeep.task(task.id)?.report)
    }
}
