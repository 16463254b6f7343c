import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct ReplayWindowTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/positions" }

    init() throws { directory = try TemporaryDirectory() }

    private func position(_ offset: Int64, epoch: UInt32 = 0, partition: Int32 = 0) -> QueuePosition {
        QueuePosition(partition: partition, epoch: epoch, offset: offset)
    }

    private func window(_ settled: [QueuePosition] = []) -> ReplayWindow {
        ReplayWindow(path: path, bootID: "boot", window: .seconds(600), settled: settled)
    }

    @Test(arguments: 0..<20)
    func `what is settled was applied at least a window ago, and little more than a window`(_ number: Int) throws {
        var random = SeededGenerator()
        let window = window()
        let start = ContinuousClock.now
        var now = start
        var history = [(at: now, offset: Int64(random.number(0...100)))]
        try window.note([position(history[0].offset)], now: now)
        for _ in 0..<500 {
            now += .milliseconds(random.number(1...5000))
            history.append((now, (history.last?.offset ?? 0) + Int64(random.number(0...3))))
            try window.note([position(history.last?.offset ?? 0)], now: now)
            let settled = try #require(window.settled.first).offset
            let longAgo = history.last { $0.at.duration(to: now) >= .seconds(600) }?.offset ?? history[0].offset
            check(settled <= longAgo, "seed \(random.seed)")
            // At most a sixtieth of the window more, and the time between two notes.
            let longer = history.last { $0.at.duration(to: now) >= .seconds(620) }?.offset ?? history[0].offset
            check(settled >= longer, "seed \(random.seed)")
            check(PositionsFile(path: path)?.partitions == window.settled, "what is written, seed \(random.seed)")
        }
    }

    @Test func `a start goes on from what the file says, and never says more`() throws {
        let window = window([position(7)])
        let now = ContinuousClock.now
        try window.note([position(100)], now: now)
        try window.note([position(200)], now: now + .seconds(599))
        #expect(window.settled == [position(7)])
        try window.note([position(300)], now: now + .seconds(600))
        #expect(window.settled == [position(100)])
    }

    @Test func `a partition that starts over is settled from where it starts`() throws {
        let window = window([position(7)])
        let now = ContinuousClock.now
        try window.note([position(100)], now: now)
        try window.forget(0)
        #expect(PositionsFile(path: path)?.partitions == [])
        try window.note([position(-1, epoch: 1)], now: now + .seconds(1))
        try window.note([position(5, epoch: 1)], now: now + .seconds(700))
        #expect(window.settled == [position(-1, epoch: 1)])
        try window.note([position(9, epoch: 1)], now: now + .seconds(1400))
        #expect(window.settled == [position(5, epoch: 1)])
    }

    @Test func `only an end in order is written as clean`() throws {
        let window = window()
        try window.note([position(1)], now: .now)
        #expect(PositionsFile(path: path)?.isClean == false)
        try window.stopped()
        #expect(PositionsFile(path: path)?.isClean == true)
        #expect(PositionsFile(path: path)?.bootID == "boot")
        try self.window(PositionsFile(path: path)?.partitions ?? []).note([], now: .now)
        #expect(PositionsFile(path: path)?.isClean == false)
        #expect(PositionsFile(path: path)?.partitions == [position(1)])
    }

    @Test func `a file with any byte changed, or cut anywhere, says nothing`() throws {
        let file = PositionsFile(bootID: "b", isClean: false, partitions: [position(123), position(4, partition: 1)])
        let bytes = try file.encoded()
        #expect(PositionsFile(decoding: bytes) == file)
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                check(PositionsFile(decoding: damaged) == nil, "bit \(bit) of byte \(index)")
            }
            check(PositionsFile(decoding: Array(bytes.prefix(index))) == nil, "cut at \(index)")
        }
    }

    @Test func `a file that cannot be written is written by the next note`() throws {
        let window = window()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: (any Error).self) { try window.note([position(3)], now: .now) }
        try FileManager.default.removeItem(atPath: path)
        try window.note([position(4)], now: .now)
        #expect(PositionsFile(path: path)?.partitions == [position(3)])
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["positions"])
    }
}
