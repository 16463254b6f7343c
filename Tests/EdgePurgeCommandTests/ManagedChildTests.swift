import Foundation
import Glibc
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// Starts real processes.
struct ManagedChildTests {
    private let log = FileManager.default.temporaryDirectory.appending(
        path: "edge-purge-child-\(UUID().uuidString).log"
    ).path

    private func child(
        _ script: String, isRestarted: Bool = false, whenGone: @escaping @Sendable (String) -> Void = { _ in }
    ) throws
        -> ManagedChild
    {
        ManagedChild(
            name: "test child",
            command: .init(
                executable: "/bin/sh", arguments: ["-c", script], environment: ["PATH": "/usr/bin:/bin"], logPath: log),
            setpriv: try ProgramFinder.path(of: "setpriv", package: "util-linux"),
            isRestarted: isRestarted,
            whenStarted: {},
            whenGone: whenGone
        )
    }

    /// Whether a process runs; one that has ended but that nobody has collected (state Z) does not.
    private func isAlive(_ processID: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
        let afterName = stat.split(separator: ")").last ?? ""
        return !afterName.hasPrefix(" Z")
    }

    @Test(.timeLimit(.minutes(1))) func `its output goes to the log, its end is told`() async throws {
        defer { try? FileManager.default.removeItem(atPath: log) }
        let (ends, found) = AsyncStream<String>.makeStream()
        let child = try child("echo out; echo err >&2; exit 3") { found.yield($0) }
        child.start()
        var iterator = ends.makeAsyncIterator()
        #expect(await iterator.next() == "exited with 3")
        #expect(child.lastEnd == "exited with 3")
        #expect(child.logTail().contains("out"))
        #expect(child.logTail().contains("err"))
        await child.stop()
    }

    @Test(.timeLimit(.minutes(1))) func `a child that is killed comes back`() async throws {
        defer { try? FileManager.default.removeItem(atPath: log) }
        let child = try child("exec sleep 1000", isRestarted: true)
        child.start()
        try await eventually("it runs") { child.processID != nil }
        let first = try #require(child.processID)
        child.signal(SIGKILL)
        try await eventually("it runs again") { child.startCount == 2 && child.processID != nil }
        let second = try #require(child.processID)
        #expect(first != second)
        await child.stop()
        #expect(!isAlive(second))
        #expect(child.startCount == 2)
    }

    @Test(.timeLimit(.minutes(1))) func `what a killed child leaves behind is ended with it`() async throws {
        defer { try? FileManager.default.removeItem(atPath: log) }
        let child = try child("sleep 1000 & echo $!; wait", isRestarted: false)
        child.start()
        var worker: Int32?
        try await eventually("its own child is known") {
            worker = Int32(child.logTail(lines: 1).trimmingCharacters(in: .whitespacesAndNewlines))
            // The child may have written before we know its number; a signal sent then would reach nobody.
            return worker != nil && child.processID != nil
        }
        child.signal(SIGKILL)
        try await eventually("its end is told") { child.lastEnd != nil }
        let orphan = try #require(worker)
        try await eventually("what it left behind is ended") { !isAlive(orphan) }
    }

    @Test(.timeLimit(.minutes(1))) func `a stop that comes before the start is done is not forgotten`() async throws {
        defer { try? FileManager.default.removeItem(atPath: log) }
        for _ in 0..<10 {
            let child = try child("exec sleep 1000", isRestarted: true)
            child.start()
            await child.stop()
            #expect(child.processID == nil)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `a program that is not there is a message`() async throws {
        defer { try? FileManager.default.removeItem(atPath: log) }
        let child = ManagedChild(
            name: "test child",
            command: .init(executable: "/nowhere/program", arguments: [], environment: [:], logPath: log),
            setpriv: try ProgramFinder.path(of: "setpriv", package: "util-linux"),
            isRestarted: false,
            whenStarted: {},
            whenGone: { _ in }
        )
        child.start()
        try await eventually("its end is told") { child.lastEnd != nil }
        #expect(child.lastEnd == "exited with 127")
        #expect(child.logTail().contains("/nowhere/program"))
    }

    @Test func `a missing program names its package`() {
        do {
            _ = try ProgramFinder.path(of: "no-such-program", package: "some-package", environment: [:])
            Issue.record("found")
        } catch {
            #expect(error.message.contains("apt-get install some-package"))
        }
    }
}
