import Foundation
import LinuxFiles
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The Unix socket on which nginx asks before it answers from its cache.
///
/// It has threads of its own: files are looked at on them, and nothing else of the agent can hold them up.
struct AskServer: Sendable {
    private let configuration: AskConfiguration
    private let standing: StandingPurges
    private let judge: AskJudge
    private let crowd: AskCrowd
    private let board: AgentStatusBoard
    private let logger: Logger

    private static let threads = 2
    /// Most questions are smaller; larger buffers would be kept for each of ten thousand connections.
    private static let readBytes = 4096
    /// Bytes of questions that are not read yet, of all connections; who sends more is hung up on.
    private static let unfinishedMax = 64 << 20
    /// nginx closes connections to an upstream that were idle for 60 s (`keepalive_timeout`); closing them first would
    /// make it send a question into nothing.
    private static let idleMax = TimeAmount.seconds(90)
    private static let markerPause = TimeAmount.milliseconds(100)
    /// From one look whether the socket is there, or one try to make it, to the next.
    private static let lookPause = Duration.seconds(1)

    init(
        _ configuration: AskConfiguration, _ standing: StandingPurges, _ judge: AskJudge, _ board: AgentStatusBoard,
        clock: any AgentClock, _ logger: Logger
    ) {
        self.configuration = configuration
        self.standing = standing
        self.judge = judge
        crowd = AskCrowd(hold: configuration.hold, clock: clock, counters: board.counters)
        self.board = board
        self.logger = logger
    }

    /// Answers until the task is cancelled or graceful shutdown; a socket that cannot be made is a problem, and tried
    /// again.
    func run() async throws {
        guard let path = configuration.socket else { return }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.threads)
        let upkeep = group.next().scheduleRepeatedTask(initialDelay: .zero, delay: Self.markerPause) { _ in
            standing.keepMarker(isWaitedFor: crowd.hasWaiting)
            let problem = standing.problem
            if board.hasProblem(.askMarker) != (problem != nil) { board.set(problem: problem, of: .askMarker) }
        }
        await cancelWhenGracefulShutdown { await serve(path, group) }
        standing.isListening(false)
        crowd.close()
        upkeep.cancel()
        try? await group.shutdownGracefully()
    }

    private func serve(_ path: String, _ group: MultiThreadedEventLoopGroup) async {
        while !Task.isCancelled {
            do {
                let listener = try await bind(path, group)
                do {
                    try setAccess(path)
                    standing.isListening(true)
                    board.set(problem: nil, of: .ask)
                    // Somebody may remove it.
                    while FileManager.default.fileExists(atPath: path) { try await Task.sleep(for: Self.lookPause) }
                } catch {
                    try? await listener.close().get()
                    throw error
                }
                try? await listener.close().get()
            } catch is CancellationError {
            } catch {
                let problem = "nginx cannot ask on the socket '\(path)': \(error)"
                if !board.hasProblem(.ask) { logger.error("\(problem)") }
                board.set(problem: problem, of: .ask)
                try? await Task.sleep(for: Self.lookPause)
            }
            standing.isListening(false)
        }
    }

    private func bind(_ path: String, _ group: MultiThreadedEventLoopGroup) async throws -> any Channel {
        // Files of the cache need descriptors too.
        let connections = LimitedCount(max: OpenFileLimit.raised() / 2)
        let unfinished = LimitedCount(max: Self.unfinishedMax)
        let watch = AskWatch(crowd, judge)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4096)
            .childChannelInitializer { [judge, crowd, counters = board.counters] connection in
                connection.eventLoop.makeCompletedFuture {
                    guard connections.add(1) else { throw ChannelError.operationUnsupported }
                    connection.closeFuture.whenComplete { _ in connections.remove(1) }
                    let pipeline = connection.pipeline.syncOperations
                    try pipeline.addHandler(IdleStateHandler(readTimeout: Self.idleMax))
                    try pipeline.addHandler(BackPressureHandler())
                    try pipeline.addHandler(AskHandler(judge, crowd, watch, unfinished, counters))
                }
            }
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
    }

    /// Lets nginx's workers write to the socket.
    private func setAccess(_ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: configuration.socketMode], ofItemAtPath: path)
        guard let group = configuration.group else { return }
        try FileManager.default.setAttributes([.groupOwnerAccountName: group], ofItemAtPath: path)
        // A group that is not there is passed over without an error.
        let found = try FileManager.default.attributesOfItem(atPath: path)[.groupOwnerAccountName] as? String
        guard found == group else {
            throw AgentError(
                "it cannot be given to the group '\(group)': make that group and put the agent's user into it, or set "
                    + "ask.socket_group to one of that user's")
        }
    }
}
