import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// An origin for all four modules, each on a Unix socket, that answers what was agreed for the page that the visitor's
/// `X-Page` names, with the version that is current.
final class CaseOrigin: Sendable {
    private struct State {
        var version = 1
        var replies: [String: CaseReply] = [:]
        var requests: [String: Int] = [:]
        var random: SeededGenerator
    }

    private let state: Mutex<State>

    private init(seed: UInt64) { state = Mutex(State(random: SeededGenerator(seed: seed))) }

    /// Where it listens for a module.
    static func socket(_ module: TinyOrigin.Module, in folder: String) -> String {
        "\(folder)/origin-\(module.rawValue).sock"
    }

    /// Runs `body` while it listens.
    static func with(_ folder: String, seed: UInt64, _ body: (CaseOrigin) async throws -> Void) async throws {
        let origin = CaseOrigin(seed: seed)
        var channels: [any Channel] = []
        do {
            for module in TinyOrigin.Module.allCases {
                channels.append(try await origin.listen(module, at: socket(module, in: folder)))
            }
            try await body(origin)
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        for channel in channels { try await channel.close() }
    }

    private func listen(_ module: TinyOrigin.Module, at path: String) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Responder(origin: self, module: module))
                }
            }
            .bind(unixDomainSocketPath: path).get()
    }

    /// Changes all pages.
    func publish(version new: Int) { state.withLock { $0.version = new } }

    /// Says what is answered for a page.
    func set(_ reply: CaseReply, for page: String) { state.withLock { $0.replies[page] = reply } }

    /// How often nginx has asked for a page.
    func requests(for page: String) -> Int { state.withLock { $0.requests[page] ?? 0 } }

    private func answer(_ request: CaseRequest, _ module: TinyOrigin.Module) -> [UInt8] {
        state.withLock { state in
            let page = request.headers["x-page"] ?? ""
            state.requests[page, default: 0] += 1
            let reply = state.replies[page] ?? CaseReply(fields: [("Cache-Control", "no-store")])
            return reply.bytes(module, version: state.version, range: request.headers["range"], &state.random)
        }
    }

    /// Answers one request and closes the connection.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let origin: CaseOrigin
        private let module: TinyOrigin.Module
        private var bytes: [UInt8] = []

        init(origin: CaseOrigin, module: TinyOrigin.Module) {
            self.origin = origin
            self.module = module
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
            guard let request = CaseRequest.read(module, bytes) else { return }
            bytes = []
            let answer = ByteBuffer(bytes: origin.answer(request, module))
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
            context.close(promise: nil)
        }
    }
}
