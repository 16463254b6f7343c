import NIOCore
import NIOHTTP1

/// Reads questions off one connection of nginx's, and writes the answers.
///
/// A question is an HTTP request: its body is the cache key, `Host` the visitor's host, `X-Original-URI` what the
/// visitor asked for, and `X-Original-Method` how. `X-Edge-Purge-Told` says that this request has been answered before.
/// Each answer has the status 204; `X-Edge-Purge-Stale` says that nginx must not use its cache, and why, and
/// `X-Edge-Purge-Keep` that it must not store what it fetches instead.
///
/// Or it has the status 425: nginx is to ask again with `X-Edge-Purge-Wait`, and to be patient, since another visitor's
/// request is fetching this. So whoever waits has said that it can; from others an answer comes at once, or nobody is
/// there to give one.
final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let judge: AskJudge
    private let crowd: AskCrowd
    private let watch: AskWatch
    private let counters: AgentCounters
    /// Bytes of questions that are not whole yet.
    private let unfinished: LimitedCount
    private var head: HTTPRequestHead?
    private var cacheKey: [UInt8] = []
    /// The question that waits: its cache key and its number.
    private var waiting: (key: Int, number: UInt64)?
    /// Scratch space for files.
    private var buffer: [UInt8] = []

    /// Bytes of a cache key at most; who sends more is hung up on, and nginx takes that for stale.
    private static let keyMax = 256 * 1024

    init(
        _ judge: AskJudge, _ crowd: AskCrowd, _ watch: AskWatch, _ unfinished: LimitedCount, _ counters: AgentCounters
    ) {
        self.judge = judge
        self.crowd = crowd
        self.watch = watch
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
            take(head, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let waiting { crowd.leave(waiting.key, waiting.number) }
        forgetKey()
        context.fireChannelInactive()
    }

    private func forgetKey() {
        unfinished.remove(cacheKey.count)
        cacheKey = []
    }

    /// Answers a question now or later.
    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let question = AskQuestion(
            cacheKey: cacheKey, host: Array((head.headers.first(name: "host") ?? "").utf8),
            requestURI: Array((head.headers.first(name: Self.uriField) ?? "").utf8))
        let verdict = judge.verdict(question, buffer: &buffer)
        // What nginx does not cache is nobody's to wait for.
        guard let method = head.headers.first(name: Self.methodField), method == "GET" || method == "HEAD",
            // It asks again after an internal redirect, and may be the one who fetches.
            !head.headers.contains(name: Self.toldField)
        else { return answer(verdict.answer, head, context) }
        let key = CacheKeyHash.of(question.cacheKey[...])
        guard head.headers.contains(name: Self.waitField) else {
            guard crowd.turn(of: key, verdict.expects) != .answer else { return answer(verdict.answer, head, context) }
            forgetKey()
            return write(.custom(code: 425, reasonPhrase: "Too Early"), ["Content-Length": "0"], head, context)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let waiter = AskCrowd.Waiter(question: question, promise: promise)
        guard case .wait(let number?) = crowd.turn(of: key, verdict.expects, waiter) else {
            promise.succeed()
            return answer(verdict.answer, head, context)
        }
        waiting = (key, number)
        watch.start(on: context.eventLoop)
        promise.futureResult.assumeIsolated().whenSuccess { [self] in
            waiting = nil
            guard context.channel.isActive else { return }
            answer(judge.verdict(question, buffer: &buffer).answer, head, context)
        }
    }

    private func answer(_ answer: AskAnswer, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        forgetKey()
        counters.answered(answer.name)
        var fields = HTTPHeaders()
        if case .stale(let reason) = answer {
            fields.add(name: Self.staleField, value: reason.rawValue)
            if reason.keepsFile { fields.add(name: Self.keepField, value: "1") }
        }
        write(.noContent, fields, head, context)
    }

    private func write(
        _ status: HTTPResponseStatus, _ fields: HTTPHeaders, _ head: HTTPRequestHead, _ context: ChannelHandlerContext
    ) {
        var fields = fields
        if !head.isKeepAlive { fields.add(name: "Connection", value: "close") }
        let response = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
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
    private static let methodField = "X-Original-Method"
    private static let toldField = "X-Edge-Purge-Told"
    private static let waitField = "X-Edge-Purge-Wait"
    private static let staleField = "X-Edge-Purge-Stale"
    private static let keepField = "X-Edge-Purge-Keep"
}
