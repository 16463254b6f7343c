import Dispatch
import Synchronization
import TestSupport
import Testing
import Threads

@Suite struct TurnQueueTests {
    private struct Failure: Error, Equatable {
        var value: Int
    }

    /// What was done, in order.
    private final class Record: Sendable {
        private let entries = Mutex<[String]>([])

        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
        var all: [String] { entries.withLock { $0 } }
    }

    /// Holds a lane until it is let go.
    private final class Gate: Sendable {
        let entered = DispatchSemaphore(value: 0)
        let open = DispatchSemaphore(value: 0)

        func hold() {
            entered.signal()
            open.wait()
        }
    }

    /// Counts what runs at once.
    private final class Lanes: Sendable {
        private let counts = Mutex((busy: 0, most: 0))

        func enter() { counts.withLock { $0 = ($0.busy + 1, max($0.most, $0.busy + 1)) } }
        func leave() { counts.withLock { $0.busy -= 1 } }
        var most: Int { counts.withLock { $0.most } }
    }

    /// Pieces that ask one after the other, in this order, while the only lane is held.
    private func order(_ askers: [String], waitingMax: Int = 100) async throws -> [String] {
        let queue = TurnQueue<String>(name: "test", width: 1, waitingMax: waitingMax)
        let gate = Gate()
        let record = Record()
        async let held: Void = queue.run(for: "held") { gate.hold() }
        try await eventually("the lane is held") { gate.entered.wait(timeout: .now()) == .success }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, asker) in askers.enumerated() {
                group.addTask { try await queue.run(for: asker) { record.add("\(asker)\(number)") } }
                try await eventually("it waits") { queue.waitingCount == number + 1 }
            }
            gate.open.signal()
            try await group.waitForAll()
        }
        try await held
        return record.all
    }

    @Test func `those who ask take turns, whatever each asks for`() async throws {
        let done = try await order(["a", "a", "a", "a", "b", "c", "c"])
        #expect(done == ["a0", "b4", "c5", "a1", "c6", "a2", "a3"])
    }

    @Test func `not more run at once than the width`() async throws {
        let queue = TurnQueue<Int>(name: "test", width: 3, waitingMax: 100)
        let lanes = Lanes()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<90 {
                group.addTask {
                    try await queue.run(for: number % 7) {
                        lanes.enter()
                        lanes.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect((1...3).contains(lanes.most))
        #expect(queue.waitingCount == 0)
    }

    @Test func `who has much waiting is refused more, and others are not`() async throws {
        let queue = TurnQueue<String>(name: "test", width: 1, waitingMax: 2)
        let gate = Gate()
        async let held: Void = queue.run(for: "a") { gate.hold() }
        try await eventually("the lane is held") { gate.entered.wait(timeout: .now()) == .success }
        async let first: Int = queue.run(for: "a") { 1 }
        async let second: Int = queue.run(for: "a") { 2 }
        try await eventually("two wait") { queue.waitingCount == 2 }
        await #expect(throws: TurnQueue<String>.Full.self) { try await queue.run(for: "a") { 3 } }
        async let other: Int = queue.run(for: "b") { 4 }
        try await eventually("three wait") { queue.waitingCount == 3 }
        gate.open.signal()
        try await held
        #expect(try await [first, second, other] == [1, 2, 4])
    }

    @Test func `what is cancelled before its turn is never done`() async throws {
        let queue = TurnQueue<String>(name: "test", width: 1, waitingMax: 10)
        let gate = Gate()
        let record = Record()
        async let held: Void = queue.run(for: "a") { gate.hold() }
        try await eventually("the lane is held") { gate.entered.wait(timeout: .now()) == .success }
        let cancelled = Task { try await queue.run(for: "a") { record.add("cancelled") } }
        try await eventually("it waits") { queue.waitingCount == 1 }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(queue.waitingCount == 0)
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            try await queue.run(for: "a") { record.add("late") }
        }
        late.cancel()
        await #expect(throws: CancellationError.self) { try await late.value }
        gate.open.signal()
        try await held
        #expect(try await queue.run(for: "a") { 5 } == 5)
        #expect(record.all.isEmpty)
    }

    @Test func `what the work throws is thrown`() async throws {
        let queue = TurnQueue<Int>(name: "test", width: 2, waitingMax: 2)
        await #expect(throws: Failure(value: 3)) { try await queue.run(for: 1) { throw Failure(value: 3) } }
        #expect(try await queue.run(for: 1) { 4 } == 4)
    }
}
