import Foundation
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

/// Something in a cache that cannot be looked at may be anything: that cache's purges are confirmed later, and no
/// others.
///
/// In version 0.1.0 no purge was applied anywhere while one file or directory could not be read.
@Suite(.serialized) struct UnreadableTests: OverCacheBench {
    enum Trouble: CaseIterable, Sendable {
        case link, file, directory

        var isPossible: Bool {
            switch self {
            case .link: true
            case .file: getuid() == 0 ? UnreadableFile.isPossible : true
            // Root lists every directory.
            case .directory: getuid() != 0
            }
        }

        static let possible = allCases.filter(\.isPossible)
    }

    let bench: CacheBench
    private let other: TemporaryDirectory
    private var second: CacheFixture { CacheFixture(path: other.path) }

    init() throws {
        bench = try CacheBench()
        other = try TemporaryDirectory()
    }

    /// Makes trouble with the file or a directory above it; returns the path that is to be told.
    private func make(_ trouble: Trouble, _ file: String) throws -> String {
        let directory = String(file.dropLast(33))
        switch trouble {
        case .link:
            try FileManager.default.moveItem(atPath: directory, toPath: directory + "-elsewhere")
            try FileManager.default.createSymbolicLink(
                atPath: directory, withDestinationPath: directory + "-elsewhere")
            return directory
        case .file where getuid() == 0:
            try UnreadableFile.set(true, file)
            return file
        case .file, .directory:
            let path = trouble == .file ? file : directory
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
            return path
        }
    }

    private func end(_ trouble: Trouble, _ file: String) throws {
        let directory = String(file.dropLast(33))
        switch trouble {
        case .link:
            try FileManager.default.removeItem(atPath: directory)
            try FileManager.default.moveItem(atPath: directory + "-elsewhere", toPath: directory)
        case .file where getuid() == 0: try UnreadableFile.set(false, file)
        case .file, .directory:
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o700], ofItemAtPath: trouble == .file ? file : directory)
        }
    }

    @Test(arguments: Trouble.possible)
    func `it is told, and the other caches go on`(_ trouble: Trouble) async throws {
        let hidden = try fixture.store("http://a.test/hidden", tags: "t")
        let beside = try second.store("http://a.test/beside", tags: "t")
        let kept = try second.store("http://a.test/kept", tags: "kept")
        let path = try make(trouble, hidden)
        var isOver = false
        defer { if !isOver { try? end(trouble, hidden) } }
        let worker = try WorkerFixture(
            state: state, caches: [files.path, other.path], guardWindow: .milliseconds(300))
        worker.start()
        try await eventually("the whole path is told: \(worker.board.problem ?? "")") {
            worker.board.problem?.contains("\"\(path)\"") == true
        }
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t"), try WorkerFixture.event(tag: "nobody")])
        try await eventually("what it names in the other cache goes") { !isLive(beside) }
        try await eventually("guards end; \(worker.board.guardStatus)") {
            worker.queue.hasPurges == false && worker.board.guardStatus.standing == 0
        }
        let task = worker.upkeep.rebuild()
        try await worker.finished(task)
        try await worker.finished(worker.upkeep.verify())
        try await worker.finished(worker.upkeep.flush(paths: [other.path], mode: .invalidate))
        #expect(isLive(kept))
        worker.reload([files.path, other.path])
        try await eventually("it is told still") { worker.board.problem?.contains("\"\(path)\"") == true }
        #expect(!worker.isApplied(offset) && !worker.isApplied(offset + 1), "what is hidden may be named by either")
        #expect(worker.board.isScanning)
        try end(trouble, hidden)
        isOver = true
        try await eventually("the purges are applied") { worker.isApplied(offset) && worker.isApplied(offset + 1) }
        try await eventually("the problem is gone") { worker.board.problem == nil && !worker.board.isScanning }
        #expect(!isLive(hidden))
        #expect(isLive(kept))
        try await worker.stop()
    }

    @Test(.enabled(if: Trouble.file.isPossible, "needs a file that cannot be read"))
    func `in the same cache a purge does all that it can`() async throws {
        let hidden = try fixture.store("http://a.test/hidden", tags: "t")
        let readable = try fixture.store("http://a.test/readable", tags: "t")
        _ = try make(.file, hidden)
        var isOver = false
        defer { if !isOver { try? end(.file, hidden) } }
        let worker = try WorkerFixture(state: state, caches: [files.path], guardWindow: .milliseconds(300))
        worker.start()
        try await eventually("it is told") { worker.board.problem?.contains(hidden) == true }
        let offset = try worker.enqueue([try WorkerFixture.event(tag: "t")])
        try await eventually("what can be read goes") { !isLive(readable) }
        #expect(!worker.isApplied(offset))
        try end(.file, hidden)
        isOver = true
        try await eventually("it is applied") { worker.isApplied(offset) }
        #expect(!isLive(hidden))
        try await worker.stop()
    }
}
