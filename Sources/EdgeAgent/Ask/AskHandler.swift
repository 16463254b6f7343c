import NIOCore
import NIOHTTP1

/// Reads questions off one connection of nginx's, and writes the answers.
///
/// A question is an HTTP request: its body is the cache key, `Host` the visitor's host, and `X-Original-URI` what the
/// visitor asked for. Each answer has the status 204; `X-Edge-Purge-Stale` says that nginx must not use its cache, and
/// why, and `X-Edge-Purge-Keep` that it must not store what it fetches instead.
final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let judge: AskJudge
    private let counters: AgentCounters
    /// Bytes of questions that are not whole yet.
    private let unfinished: LimitedCount
    private var head: HTTPRequestHead?
    private var cacheKey: [UInt8] = []
    /// Scratch space for files.
    private var buffer: [UInt8] = []

    /// Bytes of a cache key at most; who sends more is hung up on, and nginx takes that for stale.
    private static let keyMax = 256 * 1024

    init(_ judge: AskJudge, _ unfinished: LimitedCount, _ counters: AgentCounters) {
        self.judge = judge
        self.unfinished = unfinished
        self.counters = counters
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
        case .body(let bytes):
            guard cacheKey.count + bytes.readableBytes <= Self.keyMax, unfinished.add(bytes.readableBytes) else {
                context.close(promise: nil)
                return
            }
            cacheKey += bytes.readableBytesView
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
            forgetKey()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        forgetKey()
        context.fireChannelInactive()
    }

    private func forgetKey() {
        unfinished.remove(cacheKey.count)
        cacheKey = []
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let question = AskQuestion(
            cacheKey: cacheKey, host: Array((head.headers.first(name: "host") ?? "").utf8),
            requestURI: Array((head.headers.first(name: Self.uriField) ?? "").utf8))
        let answer = judge.answer(question, buffer: &buffer)
        counters.answered(answer.name)
        var fields = HTTPHeaders()
        if case .stale(let reason) = answer {
            fields.add(name: Self.staleField, value: reason.rawValue)
            if reason.keepsFile { fields.add(name: Self.keepField, value: "1") }
        }
        if !head.isKeepAlive { fields.add(name: "Connection", value: "close") }
        let response = HTTPResponseHead(version: .http1_1, status: .noContent, headers: fields)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        let isLast = !head.isKeepAlive
        let connection = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            if isLast { connection.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private static let uriField = "X-Original-URI"
    private static let staleField = "X-Edge-Purge-Stale"
    private static let keepField = "X-Edge-Purge-Keep"
}
