import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// Stands between one agent and the development broker, so that this agent alone can be cut off.
///
/// A Kafka client follows the addresses that brokers tell, so the one in the answers is replaced by ours.
final class KafkaCut: Sendable {
    private struct State {
        var isCut = false
        var connections: [any Channel] = []
    }

    private let state = Mutex(State())
    private let listener: Mutex<(any Channel)?> = Mutex(nil)
    private let broker: (host: String, port: Int)

    /// - Parameter broker: the only one of the cluster, as `127.0.0.1:PORT`.
    init(broker: String) throws {
        let parts = broker.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { throw Missing() }
        self.broker = (String(parts[0]), port)
    }

    /// Listens; returns the address to give to the agent.
    func start() async throws -> String {
        let (host, port) = broker
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { [self] inbound in
                guard take(inbound) else { return inbound.close() }
                return ClientBootstrap(group: inbound.eventLoop)
                    .channelInitializer { outbound in
                        outbound.eventLoop.makeCompletedFuture {
                            guard self.take(outbound) else { throw Missing() }
                            try outbound.pipeline.syncOperations.addHandler(
                                Forwarding(to: inbound, replacing: (host, port), by: self.port))
                        }
                    }
                    .connect(host: host, port: port)
                    .flatMap { outbound in
                        inbound.eventLoop.makeCompletedFuture {
                            try inbound.pipeline.syncOperations.addHandler(Forwarding(to: outbound))
                            _ = inbound.setOption(.autoRead, value: true)
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        listener.withLock { $0 = channel }
        return "127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    private var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

    /// Cuts, or lets through again.
    func set(isCut: Bool) {
        let cut = state.withLock { state in
            state.isCut = isCut
            defer { if isCut { state.connections = [] } }
            return isCut ? state.connections : []
        }
        for channel in cut { channel.close(promise: nil) }
    }

    /// Stops listening.
    func stop() async throws {
        set(isCut: true)
        try await listener.withLock { $0.take() }?.close().get()
    }

    private func take(_ channel: any Channel) -> Bool {
        state.withLock { state in
            if !state.isCut { state.connections.append(channel) }
            return !state.isCut
        }
    }
}

/// Hands what comes to another channel, in whole Kafka frames where an address in them has to be replaced.
private final class Forwarding: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: any Channel
    private let pattern: [UInt8]
    private let port: () -> Int
    private var pending = ByteBuffer()

    init(to target: any Channel) {
        self.target = target
        pattern = []
        port = { 0 }
    }

    /// - Parameter old: host and port as they stand in metadata: the host as text, the port in four bytes right after it.
    init(to target: any Channel, replacing old: (host: String, port: Int), by port: @escaping @autoclosure () -> Int) {
        self.target = target
        pattern = Array(old.host.utf8) + Self.bytes(old.port)
        self.port = port
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        guard !pattern.isEmpty else { return target.writeAndFlush(part, promise: nil) }
        pending.writeBuffer(&part)
        while let length = pending.getInteger(at: pending.readerIndex, as: UInt32.self),
            let frame = pending.readSlice(length: 4 + Int(length))
        {
            target.writeAndFlush(replaced(frame), promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { target.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func replaced(_ frame: ByteBuffer) -> ByteBuffer {
        var frame = frame
        let view = frame.readableBytesView
        var start = view.startIndex
        var places: [Int] = []
        while let found = view[start...].firstRange(of: pattern) {
            places.append(found.upperBound - 4)
            start = found.upperBound
        }
        for place in places { frame.setBytes(Self.bytes(port()), at: place) }
        return frame
    }

    private static func bytes(_ port: Int) -> [UInt8] {
        [0, 0, UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
}
