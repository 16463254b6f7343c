import Foundation
import NIOCore
import NIOFoundationCompat
import NIOPosix
import Synchronization
import TestSupport

/// Stands between one agent and all brokers of a development cluster, so that this agent alone can be cut off.
///
/// A Kafka client follows the addresses that brokers tell, so those in the answers are replaced by ours.
final class KafkaCut: Sendable {
    /// What becomes of connections; new ones are refused either way.
    enum Kind: Sendable {
        /// They are closed.
        case closed
        /// Nothing comes through, and what was under way comes through afterwards.
        case silent
    }

    private struct State {
        var cut: Kind?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var listeners: [any Channel] = []
        /// What is replaced in answers, and by what.
        var replacements: [(old: Data, new: [UInt8])] = []
    }

    private let state = Mutex(State())
    private let brokers: [(host: String, port: Int)]

    /// - Parameter brokers: all of the cluster, as `127.0.0.1:PORT,127.0.0.1:PORT`.
    init(brokers: String) throws {
        self.brokers = try brokers.split(separator: ",").map { broker in
            let parts = broker.split(separator: ":")
            guard parts.count == 2, let port = Int(parts[1]) else { throw Missing() }
            return (String(parts[0]), port)
        }
    }

    /// Listens; returns the addresses to give to the agent.
    func start() async throws -> String {
        var addresses: [String] = []
        for broker in brokers {
            let listener = try await listen(for: broker)
            let port = listener.localAddress?.port ?? 0
            addresses.append("127.0.0.1:\(port)")
            state.withLock { state in
                state.listeners.append(listener)
                // As in metadata: the host as text, the port in four bytes right after it.
                state.replacements.append((Data(broker.host.utf8) + Self.bytes(broker.port), Self.bytes(port)))
            }
        }
        return addresses.joined(separator: ",")
    }

    /// Cuts, or lets through again.
    func set(_ cut: Kind?) {
        let connections = state.withLock { state in
            state.cut = cut
            return Array(state.connections.values)
        }
        for connection in connections {
            switch cut {
            case .closed: connection.close(promise: nil)
            case .silent: _ = connection.setOption(.autoRead, value: false)
            case nil: _ = connection.setOption(.autoRead, value: true)
            }
        }
    }

    /// Stops listening.
    func stop() async throws {
        set(.closed)
        for listener in state.withLock({ $0.listeners }) { try await listener.close().get() }
    }

    private func listen(for broker: (host: String, port: Int)) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { [self] inbound in
                guard take(inbound) else { return inbound.close() }
                return ClientBootstrap(group: inbound.eventLoop)
                    .channelInitializer { outbound in
                        outbound.eventLoop.makeCompletedFuture {
                            guard self.take(outbound) else { throw Missing() }
                            try outbound.pipeline.syncOperations.addHandler(
                                Forwarding(to: inbound) { self.state.withLock { $0.replacements } })
                        }
                    }
                    .connect(host: broker.host, port: broker.port)
                    .flatMap { outbound in
                        inbound.eventLoop.makeCompletedFuture {
                            try inbound.pipeline.syncOperations.addHandler(Forwarding(to: outbound))
                            if self.state.withLock({ $0.cut == nil }) { _ = inbound.setOption(.autoRead, value: true) }
                        }
                    }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private func take(_ channel: any Channel) -> Bool {
        let id = ObjectIdentifier(channel)
        let isTaken = state.withLock { state in
            if state.cut == nil { state.connections[id] = channel }
            return state.cut == nil
        }
        if isTaken {
            channel.closeFuture.whenComplete { _ in self.state.withLock { $0.connections[id] = nil } }
        }
        return isTaken
    }

    private static func bytes(_ port: Int) -> [UInt8] {
        [0, 0, UInt8(truncatingIfNeeded: port >> 8), UInt8(truncatingIfNeeded: port)]
    }
}

/// Hands what comes to another channel, in whole Kafka frames where an address in them may have to be replaced.
private final class Forwarding: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let target: any Channel
    private let replacements: (() -> [(old: Data, new: [UInt8])])?
    private var pending = ByteBuffer()

    init(to target: any Channel, replacing replacements: (() -> [(old: Data, new: [UInt8])])? = nil) {
        self.target = target
        self.replacements = replacements
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var part = unwrapInboundIn(data)
        guard let replacements else { return target.writeAndFlush(part, promise: nil) }
        pending.writeBuffer(&part)
        while let length = pending.getInteger(at: pending.readerIndex, as: UInt32.self),
            let frame = pending.readSlice(length: 4 + Int(length))
        {
            target.writeAndFlush(replaced(frame, replacements()), promise: nil)
        }
        pending.discardReadBytes()
    }

    func channelInactive(context: ChannelHandlerContext) { target.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func replaced(_ frame: ByteBuffer, _ replacements: [(old: Data, new: [UInt8])]) -> ByteBuffer {
        var frame = frame
        // Searched as `Data`: tests are not optimised, Foundation is.
        let bytes = Data(buffer: frame)
        for (old, new) in replacements {
            var rest = bytes.startIndex..<bytes.endIndex
            while let found = bytes.range(of: old, in: rest) {
                frame.setBytes(new, at: frame.readerIndex + found.upperBound - new.count)
                rest = found.upperBound..<bytes.endIndex
            }
        }
        return frame
    }
}

extension DevEnvironment {
    /// Lets an agent reach Kafka only through a cut; it is started again for that.
    ///
    /// - Parameters:
    ///   - guardWindow: `guard.window` from then on; nil: the default.
    ///   - reclaim: `files.reclaim`, likewise.
    func lead(_ cache: Cache, through cut: KafkaCut, guardWindow: String? = nil, reclaim: String? = nil) async throws {
        let address = try await cut.start()
        let text = try configuration(of: cache)
        var changed = text.replacing(ready.kafka, with: address)
        guard changed != text else { throw Missing() }
        if let reclaim { changed += "files:\n  reclaim: \(reclaim)\n" }
        if let guardWindow { changed.replace("guard:\n", with: "guard:\n  window: \(guardWindow)\n") }
        try await restart(cache, with: changed, signal: SIGKILL)
    }
}
