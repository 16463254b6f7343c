import Foundation
import Synchronization
import Testing
import Threads

@Suite struct DedicatedThreadTests {
    private struct Failure: Error, Equatable {
        let value: Int
    }

    private final class Arrivals: Sendable {
        let count = Atomic(0)
    }

    @Test func `the result and the error reach the caller`() async throws {
        #expect(try await DedicatedThread.run(name: "result") { 42 } == 42)
        await #expect(throws: Failure(value: 7)) {
            try await DedicatedThread.run(name: "error") { throw Failure(value: 7) }
        }
    }

    @Test func `the thread has the first 15 bytes of its name`() async throws {
        let name = try await DedicatedThread.run(name: "a-name-that-is-too-long") {
            try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
        }
        #expect(name == "a-name-that-is-\n")
    }

    @Test func `bodies that wait for one another all run at once`() async throws {
        let count = 64
        let arrivals = Arrivals()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<count {
                group.addTask {
                    try await DedicatedThread.run(name: "wait-\(index)") {
                        arrivals.count.add(1, ordering: .acquiringAndReleasing)
                        while arrivals.count.load(ordering: .acquiring) < count { sched_yield() }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
