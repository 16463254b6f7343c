import Synchronization
import Testing
import Threads

@Suite struct WorkQueueTests {
    private struct Failure: Error, Equatable {
        var value: Int
    }

    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    @Test func `pieces are done one at a time`() async throws {
        let queue = WorkQueue(name: "test")
        let busy = Count()
        let done = Count()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await queue.run {
                        let others = busy.value.add(1, ordering: .acquiringAndReleasing).oldValue
                        done.value.add(1, ordering: .relaxed)
                        busy.value.subtract(1, ordering: .acquiringAndReleasing)
                        return others
                    }
                }
            }
            for try await others in group { #expect(others == 0) }
        }
        #expect(done.value.load(ordering: .relaxed) == 100)
        for number in 0..<20 { #expect(try await queue.run { number } == number) }
    }

    @Test func `what the work throws is thrown`() async throws {
        let queue = WorkQueue(name: "test")
        await #expect(throws: Failure(value: 3)) { try await queue.run { throw Failure(value: 3) } }
        #expect(try await queue.run { 4 } == 4)
    }
}
