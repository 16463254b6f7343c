import NIOCore
import NIOPosix
import NIOSSL

@testable import ControlPlane

/// An HTTP client that takes as much of the answers as a test wants, and no more: it has almost no buffers.
struct StreamClient {
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    /// Everything that has come and was not taken by ``nextEvent()``.
    private(set) var text = ""

    /// Connects, asks for each of `paths`, and is gone when the body ends.
    static func open<Result: Sendable>(
        _ paths: [String], port: Int, trusting tls: TLSFiles? = nil,
        _ body: (inout StreamClient) async throws -> Result
    ) async throws -> Result {
        let context = try tls.map { files in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(files.certificate))
            return try NIOSSLContext(configuration: configuration)
        }
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.socketOption(.so_rcvbuf), value: 4096)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        let handler = try NIOSSLClientHandler(context: context, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel,
                        configuration: .init(backPressureStrategy: .init(lowWatermark: 1, highWatermark: 1)))
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            for (number, path) in paths.enumerated() {
                let last = number + 1 == paths.count ? "Connection: close\r\n" : ""
                try await outbound.write(
                    ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(last)\r\n"))
            }
            var client = StreamClient(inbound: inbound.makeAsyncIterator())
            return try await body(&client)
        }
    }

    private init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) {
        self.inbound = inbound
    }

    /// Reads what has come, or waits for more; false at the end of the connection.
    mutating func read() async throws -> Bool {
        guard let buffer = try await inbound.next(isolation: #isolation) else { return false }
        text += String(buffer: buffer)
        return true
    }

    /// Reads to the end of the connection; a connection that was reset has one too.
    mutating func readToEnd() async {
        while (try? await read()) == true {}
    }

    /// The next event of the stream, its name and its data; nil at the end.
    mutating func nextEvent() async throws -> (name: String, data: String)? {
        while true {
            if let found = text.firstMatch(of: /event: (\w+)\ndata: (.*)\n\n/) {
                let event = (String(found.1), String(found.2))
                text = String(text[found.range.upperBound...])
                return event
            }
            guard try await read() else { return nil }
        }
    }
}
