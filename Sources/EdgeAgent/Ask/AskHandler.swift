import NIOCore

/// Reads questions off one connection of nginx's, and writes the answers.
///
/// A question is an HTTP request: its body is the cache key, `Host` the visitor's host, `X-Original-URI` what the
/// visitor asked for, and `X-Original-Method` how. `X-Edge-Purge-Cache` is the directory of the cache that is meant,
/// where it has to be said. `X-Edge-Purge-Told` says that this request has been answered before.
/// Each answer has the status 204; `X-Edge-Purge-Stale` says that nginx must not use its cache, and why, and
/// `X-Edge-Purge-Keep` that it must not store what it fetches instead.
///
/// Or it has the status 425: nginx is to ask again with `X-Edge-Purge-Wait`, and to be patient, since another visitor's
/// request is fetching this. So whoever waits has said that it can; from others an answer comes at once, or nobody is
/// there to give one.
final class AskHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let judge: AskJudge
    private let crowd: AskCrowd
    private let watch: AskWatch
    private let counters: AgentCounters
    /// Bytes of questions that are not read yet, of all connections.
    private let unfinished: LimitedCount
    private var reader = AskRequestReader()
    /// Those of this connection.
    private var counted = 0
    /// The question that waits: its cache key and its number.
    ///
    /// Those that came after it wait too.
    private var waiting: (key: Int, number: UInt64)?
    private var isClosing = false
    /// Scratch space for files.
    private var buffer: [UInt8] = []

    /// Bytes of questions that may come while one waits; nginx sends none.
    private static let heldMax = 512 * 1024
    private static let served = ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n")
    private static let tooEarly = ByteBuffer(string: "HTTP/1.1 425 Too Early\r\nContent-Length: 0\r\n\r\n")
    private static let malformed = ByteBuffer(
        string: "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

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
        guard !isClosing else { return }
        reader.add(unwrapInboundIn(data))
        takeAll(context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if let waiting { crowd.leave(waiting.key, waiting.number) }
        unfinished.remove(counted)
        counted = 0
        context.fireChannelInactive()
    }

    /// Takes the questions that have come, until one has to wait.
    private func takeAll(_ context: ChannelHandlerContext) {
        do throws(AskRequestReader.Failure) {
            while waiting == nil, !isClosing, let request = try reader.next() { take(request, context) }
        } catch {
            return close(context, error == .malformed ? Self.malformed : nil)
        }
        let more = reader.count - counted
        guard reader.count <= Self.heldMax, more <= 0 || unfinished.add(more) else { return close(context, nil) }
        if more < 0 { unfinished.remove(-more) }
        counted = reader.count
    }

    /// Answers a question now or later.
    private func take(_ request: AskRequest, _ context: ChannelHandlerContext) {
        let question = request.question
        let verdict = judge.verdict(question, buffer: &buffer)
        guard request.mayWait else { return answer(verdict, request, context) }
        // Who means another cache waits for another fetch.
        let key = CacheKeyHash.of((question.cacheKey + question.cache)[...])
        guard request.canWait else {
            guard crowd.turn(of: key, verdict.expects) != .answer else {
                return answer(verdict, request, context)
            }
            return write(Self.tooEarly, request, context)
        }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let waiter = AskCrowd.Waiter(question: question, promise: promise)
        guard case .wait(let number?) = crowd.turn(of: key, verdict.expects, waiter) else {
            promise.succeed()
            return answer(verdict, request, context)
        }
        waiting = (key, number)
        watch.start(on: context.eventLoop)
        promise.futureResult.assumeIsolated().whenSuccess { [self] in
            waiting = nil
            guard context.channel.isActive else { return }
            answer(judge.verdict(question, buffer: &buffer), request, context)
            takeAll(context)
        }
    }

    private func answer(_ verdict: AskVerdict, _ request: AskRequest, _ context: ChannelHandlerContext) {
        counters.answered(verdict.answer.name)
        guard case .stale(let reason) = verdict.answer else { return write(Self.served, request, context) }
        let keep = verdict.keepsFile ? "X-Edge-Purge-Keep: 1\r\n" : ""
        let text = "HTTP/1.1 204 No Content\r\nX-Edge-Purge-Stale: \(reason.rawValue)\r\n\(keep)\r\n"
        write(ByteBuffer(string: text), request, context)
    }

    private func write(_ response: ByteBuffer, _ request: AskRequest, _ context: ChannelHandlerContext) {
        guard request.isLast else { return context.writeAndFlush(wrapOutboundOut(response), promise: nil) }
        var response = response
        response.moveWriterIndex(to: response.writerIndex - 2)
        response.writeString("Connection: close\r\n\r\n")
        close(context, response)
    }

    /// Ends the connection, with a last response or none.
    private func close(_ context: ChannelHandlerContext, _ response: ByteBuffer?) {
        isClosing = true
        guard let response else { return context.close(promise: nil) }
        let connection = context.channel
        context.writeAndFlush(wrapOutboundOut(response)).whenComplete { _ in connection.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
