import NIOCore

/// Answers the methods that other caches are purged with, and that no HTTP parser here knows: it would answer a bare
/// 400, and whoever sends them would not learn what to do instead.
///
/// It looks at the first bytes of a connection, behind TLS, and lets all else pass.
final class ForeignMethodHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Varnish (BAN, PURGEKEYS, URIBAN) and its modules; REFRESH.
    private static let methods = ["BAN", "PURGEKEYS", "URIBAN", "REFRESH"]
    private static let hint =
        "is no method of this API: send POST /v1/purges with a zone and selectors (urls, tags, hosts, prefixes or "
        + "everything)"

    /// How long the other side may go on before it is cut off.
    private static let lingering = TimeAmount.seconds(2)
    private var isAnswered = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isAnswered else { return }
        let bytes = unwrapInboundIn(data)
        let method = Self.methods.first { bytes.readableBytesView.starts(with: "\($0) ".utf8) }
        guard let method else {
            context.fireChannelRead(data)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            return
        }
        let body = #"{"error":{"code":"unknown_method","message":"\#(method) \#(Self.hint)"}}"#
        let head = """
            HTTP/1.1 501 Not Implemented\r
            Content-Type: application/json; charset=utf-8\r
            Content-Length: \(body.utf8.count)\r
            Cache-Control: no-store\r
            Connection: close\r
            \r

            """
        let answer = context.channel.allocator.buffer(string: head + body)
        isAnswered = true
        let context = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.value.writeAndFlush(wrapOutboundOut(answer)).whenComplete { _ in
            // What comes after a close is answered with a reset, which takes the answer from whoever has not read it.
            context.value.close(mode: .output, promise: nil)
            context.value.eventLoop.scheduleTask(in: Self.lingering) { context.value.close(promise: nil) }
        }
    }
}
