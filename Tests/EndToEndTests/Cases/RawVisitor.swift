import NIOCore
import NIOPosix

/// A visitor who sends every byte of a request as it is, and reads every byte of the answer.
struct RawVisitor: Sendable {
    /// An answer.
    struct Answer: Sendable {
        var status: Int
        /// By names in lower case; the last of several.
        var headers: [String: [UInt8]]
        var body: [UInt8]

        func text(_ name: String) -> String { headers[name].map { String(decoding: $0, as: UTF8.self) } ?? "" }
    }

    /// The server did not answer in HTTP.
    struct NoAnswer: Error, CustomStringConvertible {
        var description: String
    }

    let address: String
    let port: Int

    /// Sends a request and waits for the end of the connection.
    func ask(
        _ target: [UInt8], method: String = "GET", headers: [(name: String, value: String)], body: [UInt8] = []
    ) async throws -> Answer {
        var fields = headers
        if !body.isEmpty || method == "POST" { fields.append(("Content-Length", "\(body.count)")) }
        let lines = fields.map { "\($0.name): \($0.value)\r\n" }.joined()
        // With HTTP/1.0 nginx sends no chunks.
        let request = Array("\(method) ".utf8) + target + Array(" HTTP/1.0\r\n\(lines)\r\n".utf8) + body
        let received = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: [UInt8].self)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Collector(received))
                    }
                }
                .connect(host: address, port: port).get()
        } catch {
            received.fail(error)
            throw error
        }
        channel.eventLoop.scheduleTask(in: .seconds(60)) { channel.close(promise: nil) }
        try await channel.writeAndFlush(ByteBuffer(bytes: request))
        return try Self.answer(try await received.futureResult.get())
    }

    private static func answer(_ bytes: [UInt8]) throws -> Answer {
        var rest = bytes[...]
        func line() -> ArraySlice<UInt8>? {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
        let first = line().map { String(decoding: $0, as: UTF8.self) } ?? ""
        guard first.hasPrefix("HTTP/"), let status = first.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { throw NoAnswer(description: "'\(first)' is no status line") }
        var answer = Answer(status: status, headers: [:], body: [])
        while let line = line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            answer.headers[name] = Array(line[(colon + 1)...].drop { $0 == UInt8(ascii: " ") })
        }
        answer.body = Array(rest)
        return answer
    }

    /// Keeps everything until the connection ends.
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let received: EventLoopPromise<[UInt8]>
        private var bytes: [UInt8] = []

        init(_ received: EventLoopPromise<[UInt8]>) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes += unwrapInboundIn(data).readableBytesView
        }

        func channelInactive(context: ChannelHandlerContext) { received.succeed(bytes) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
