import NIOCore
import NIOPosix
import Synchronization

/// An origin on a Unix socket that answers every request with the version of the page, in the protocol of one of
/// nginx's four modules that cache.
final class TinyOrigin: Sendable {
    /// A protocol between nginx and an application; the name is that of nginx's module.
    enum Module: String, Sendable, CaseIterable {
        case proxy, fastcgi, uwsgi, scgi
    }

    private let version = Mutex(1)
    private let module: Module

    private init(_ module: Module) { self.module = module }

    /// Runs `body` while it listens on `path`.
    static func with(
        _ module: Module, at path: String, _ body: (TinyOrigin) async throws -> Void
    ) async throws {
        let origin = TinyOrigin(module)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Responder(origin: origin))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        do {
            try await body(origin)
        } catch {
            try? await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// Changes the page.
    func publish(version new: Int) { version.withLock { $0 = new } }

    private var answer: [UInt8] {
        let page = "Cache-Control: max-age=3600\r\nContent-Type: text/plain\r\n\r\nv\(version.withLock { $0 })"
        return switch module {
        case .proxy: Array("HTTP/1.0 200 OK\r\n\(page)".utf8)
        case .uwsgi, .scgi: Array("Status: 200 OK\r\n\(page)".utf8)
        case .fastcgi:
            Self.record(6, Array("Status: 200 OK\r\n\(page)".utf8)) + Self.record(3, [0, 0, 0, 0, 0, 0, 0, 0])
        }
    }

    /// A FastCGI record of request 1: 6 is what the application printed, 3 the end.
    private static func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), 0, 0] + content
    }

    /// Answers the first bytes of a connection, which hold the whole of a small request, and closes it.
    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let origin: TinyOrigin

        init(origin: TinyOrigin) { self.origin = origin }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: origin.answer)), promise: nil)
            context.close(promise: nil)
        }
    }
}
