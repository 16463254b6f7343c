import Kafka
import LinuxFiles
import Logging
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// The fence as it is on disk.
@Suite struct FenceTests {
    private let directory: TemporaryDirectory
    private let database: AgentDatabase
    private let queue: PurgeQueue

    init() throws {
        directory = try TemporaryDirectory()
        database = try TestDatabase.open(directory)
        queue = try PurgeQueue(database: database, entriesMax: 100)
        try queue.assigned(0, from: 0, highWatermark: 0)
    }

    private func fence(
        _ mode: FenceMode, isNew: Bool = false, file: String? = nil, marker: AskMarker? = nil,
        board: AgentStatusBoard? = nil
    ) throws -> Fence {
        let board = board ?? AgentStatusBoard {}
        board.scanEnded()
        // No purge is waiting to be asked about.
        let own = AskMarker(path: self.marker.path, isAsked: true)
        try own.release(.purges)
        return try Fence(
            configuration: configuration(mode, file: file),
            marker: marker ?? own, isNew: isNew, stateDirectory: directory.path, queue: queue,
            board: board, clock: SystemClock(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onChange: {})
    }

    private func configuration(_ mode: FenceMode, file: String? = nil) -> FenceConfiguration {
        FenceConfiguration(mode: mode, after: .seconds(10), file: file ?? directory.path + "/run/sub/fence")
    }

    private var marker: MarkerFile { MarkerFile(path: directory.path + "/run/sub/ask") }
    private var isFenced: Bool { get throws { try MarkerFile(path: directory.path + "/run/sub/fence").isThere } }

    /// Tells the fence that everything there is has been read.
    private func catchUp(_ fence: Fence) {
        fence.take(PartitionEnds(askedAt: .now, ends: [0: 0]))
        fence.look()
    }

    @Test func `the file is there before anything else, its directory is made, and it goes when all is applied`() throws
    {
        let fence = try fence(.start)
        #expect(try isFenced)
        #expect(fence.word.isFenced && fence.word.reason == .catchingUp && !fence.hasCaughtUp)
        try queue.enqueue([PurgeQueue.Arrival.purge(0, 0, try WorkerFixture.event(tag: "a"))])
        fence.take(PartitionEnds(askedAt: .now, ends: [0: 1]))
        fence.look()
        #expect(try isFenced)
        queue.completed([QueueKey(partition: 0, epoch: 0, offset: 0)])
        fence.look()
        #expect(try !isFenced)
        #expect(!fence.word.isFenced && !fence.hasCaughtUp, "nobody has heard of it")
        fence.acknowledged(sentAt: .now, version: fence.word.version)
        #expect(fence.hasCaughtUp)
    }

    /// It said that it was live, and its caches were used, a second before anybody waited for it: a purge of that
    /// second was confirmed without it.
    @Test func `an agent that nobody has heard of stays fenced until it is known, and has applied what came before`()
        async throws
    {
        let fence = try fence(.start, isNew: true)
        catchUp(fence)
        #expect(try isFenced)
        fence.acknowledged(sentAt: .now, version: fence.word.version)
        catchUp(fence)
        #expect(try isFenced, "not everybody may have read that yet")
        try await eventually("the fence is lifted") {
            catchUp(fence)
            return try !isFenced
        }
        #expect(fence.hasCaughtUp)
    }

    @Test func `with the mode off an agent that nobody has heard of is not fenced, and does not say that it is ready`()
        throws
    {
        let fence = try fence(.off, isNew: true)
        catchUp(fence)
        #expect(try !isFenced)
        #expect(!fence.hasCaughtUp && !fence.word.isHeard)
        fence.acknowledged(sentAt: .now, version: fence.word.version)
        #expect(fence.hasCaughtUp && fence.word.isHeard)
    }

    @Test func `what is put aside for the dead letters does not keep the fence up`() throws {
        let fence = try fence(.start)
        try queue.enqueue([PurgeQueue.Arrival.refused(0, 0)])
        fence.take(PartitionEnds(askedAt: .now, ends: [0: 1]))
        fence.look()
        #expect(try !isFenced)
    }

    @Test func `off makes nothing, and lifts what an earlier mode has left`() throws {
        #expect(!(try fence(.off).word.isFenced))
        #expect(try !isFenced)
        #expect(try FenceMarkers.set(at: .stop, agentConfiguration(.behind)))
        let again = try fence(.off)
        #expect(again.word.isFenced)
        catchUp(again)
        #expect(try !isFenced)
    }

    private func agentConfiguration(_ mode: FenceMode) -> AgentConfiguration {
        var agent = AgentConfiguration(
            agent: "a", stateDirectory: directory.path, kafka: .init(bootstrapServers: ""), caches: [])
        agent.fence = configuration(mode)
        agent.ask = AskConfiguration(socket: directory.path + "/ask.sock", marker: marker.path)
        return agent
    }

    /// Where nginx asks, it looks for the fence only where it finds the marker.
    @Test func `the file that makes nginx look for the fence stands as long as the fence does`() throws {
        let fence = try fence(.start)
        #expect(try isFenced && marker.isThere)
        try marker.remove()
        fence.look()
        #expect(try marker.isThere, "somebody removed it")
        catchUp(fence)
        #expect(try !isFenced && !marker.isThere)
        try fence.hold()
        #expect(try isFenced && marker.isThere)
        try fence.unhold()
        #expect(try !isFenced && !marker.isThere)
        try fence.drain()
        #expect(try isFenced && marker.isThere)
    }

    /// systemd, or the doctor, made the one and was killed before it made the other.
    @Test func `whichever of the two files somebody has left, an agent mends it`() throws {
        for (isFileThere, isMarkerThere) in [(true, false), (false, true), (true, true)] {
            if isFileThere { #expect(try FenceMarkers.set(at: .stop, agentConfiguration(.behind))) }
            if isMarkerThere { try marker.make() } else { try marker.remove() }
            let fence = try fence(.off)
            #expect(try isFenced == isFileThere && marker.isThere == isFileThere)
            catchUp(fence)
            #expect(try !isFenced && !marker.isThere)
        }
    }

    @Test func `a marker that cannot be made is a problem, and the fence is set all the same`() throws {
        let board = AgentStatusBoard {}
        let fence = try fence(.cutOff, marker: AskMarker(path: "/proc/nowhere/ask", isAsked: true), board: board)
        #expect(board.problem?.contains("/proc/nowhere") == true)
        #expect(try isFenced)
        #expect(fence.word.mode == .off)
        #expect(throws: (any Error).self) { try fence.drain() }
        #expect(!fence.word.isDrained)
    }

    @Test func `systemd sets it as the mode says`() throws {
        let file = MarkerFile(path: directory.path + "/run/sub/fence")
        for mode in FenceMode.allCases {
            for moment in FenceMarkers.Moment.allCases {
                try file.remove()
                try marker.remove()
                let isDue = moment == .boot ? mode != .off : mode >= .behind
                #expect(try FenceMarkers.set(at: moment, agentConfiguration(mode)) == isDue, "\(mode) \(moment)")
                #expect(try file.isThere == isDue && marker.isThere == isDue, "\(mode) \(moment)")
            }
        }
    }

    @Test func `the file of an agent that runs is left alone`() throws {
        // The default file of two agents on one machine: each lifted the other's fence.
        let locks = try FenceMarkers.lock(agentConfiguration(.behind))
        #expect(locks.count == 2)
        #expect(throws: AgentError.self) { try FenceMarkers.lock(agentConfiguration(.off)) }
        var other = agentConfiguration(.off)
        other.fence.file += ".other"
        let error = #expect(throws: AgentError.self) { try FenceMarkers.lock(other) }
        #expect(error?.description.contains("ask.marker") == true)
        #expect(throws: AgentError.self) { try FenceMarkers.set(at: .stop, agentConfiguration(.behind)) }
        #expect(try !isFenced)
        for lock in locks { lock.release() }
        #expect(try FenceMarkers.set(at: .stop, agentConfiguration(.behind)))
        #expect(try isFenced)
    }

    @Test func `held by hand it stays over a restart, and systemd knows`() throws {
        let first = try fence(.start)
        catchUp(first)
        try first.hold()
        #expect(try isFenced)
        try MarkerFile(path: directory.path + "/run/sub/fence").remove()
        #expect(try FenceMarkers.set(at: .boot, agentConfiguration(.off)))
        let second = try fence(.start)
        catchUp(second)
        #expect(try isFenced)
        second.acknowledged(sentAt: .now, version: second.word.version)
        #expect(second.word.reason == .held && second.hasCaughtUp)
        try second.unhold()
        #expect(try !isFenced)
        catchUp(try fence(.start))
        #expect(try !isFenced)
    }

    @Test func `drained it says so, and after a restart it comes back the long way`() throws {
        let first = try fence(.off)
        #expect(!first.word.isDrained)
        try first.drain()
        #expect(first.word.isDrained)
        #expect(try isFenced)
        let second = try fence(.off)
        #expect(!second.word.isDrained && second.word.isFenced)
        catchUp(second)
        #expect(try isFenced, "collectors may not know yet that it is back")
        second.acknowledged(sentAt: .now, version: second.word.version)
        second.take(PartitionEnds(askedAt: .now + .seconds(3), ends: [0: 0]))
        second.look()
        #expect(try !isFenced)
        #expect(!(try fence(.off).word.isFenced), "the marker is gone")
    }

    @Test func `a file that cannot be made is a problem, and nothing is claimed`() throws {
        let board = AgentStatusBoard {}
        let fence = try fence(.cutOff, file: "/proc/nowhere/fence", board: board)
        #expect(board.problem?.contains("/proc/nowhere") == true)
        #expect(fence.word.mode == .off && !fence.word.isFenced)
        #expect(throws: (any Error).self) { try fence.drain() }
        #expect(!fence.word.isDrained)
        #expect(throws: (any Error).self) { try fence.hold() }
    }

    @Test func `cut_off is claimed only when the claim would outlive the process`() throws {
        let fence = try fence(.cutOff)
        #expect(fence.word.mode == .cutOff)
        #expect(try FenceMarkers.countedOut(directory.path).isThere)
        // As another mode it still takes the long way once.
        let second = try self.fence(.start)
        catchUp(second)
        #expect(try isFenced)
    }
}
