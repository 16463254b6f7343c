import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// An ask socket that answers every question alike, and remembers what it was asked.
final class TinyAgent: Sendable {
    /// A question as it came.
    struct Question: Sendable, Equatable {
        var host: String
        var uri: String
        var key: String
        var method = "GET"
        /// The cache that is meant.
        var cache = ""
        /// Whether the answer may take long.
        var waits = false
        /// Whether the same request was answered before; Lua leaves the method out then.
        var isTold = false
    }

    private struct State {
        var fields: [String: String] = [:]
        var hasCrowd = false
        var questions: [Question] = []
        var connections = 0
        var open: [any Channel] = []
    }

    private let state = Mutex(State())

    private init() {}

    /// Runs `body` while it listens on `path`.
    static func with(at path: String, _ body: (TinyAgent) async throws -> Void) async throws {
        let agent = TinyAgent()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { connection in
                agent.state.withLock { state in
                    state.connections += 1
                    state.open.append(connection)
                }
                return connection.eventLoop.makeCompletedFuture {
                    try connection.pipeline.syncOperations.configureHTTPServerPipeline()
                    try connection.pipeline.syncOperations.addHandler(Responder(agent: agent))
                }
            }
            .bind(unixDomainSocketPath: path).get()
        do {
            try await body(agent)
        } catch {
            try? await channel.close()
            throw error
        }
        try await channel.close()
    }

    /// What all answers say from now on beside their status, 204.
    func say(_ fields: [String: String]) { state.withLock { $0.fields = fields } }

    /// Tells everybody who can to ask again and wait.
    func hasCrowd(_ hasCrowd: Bool) { state.withLock { $0.hasCrowd = hasCrowd } }

    /// Takes out the questions that have come, in their order.
    func takeQuestions() -> [Question] {
        state.withLock { state in
            defer { state.questions = [] }
            return state.questions
        }
    }

    /// Connections that were made so far.
    var connections: Int { state.withLock { $0.connections } }

    /// Closes all connections, as one that is started anew does.
    func hangUp() async {
        let open = state.withLock { state in
            defer { state.open = [] }
            return state.open
        }
        for connection in open { try? await connection.close() }
    }

    private final class Responder: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let agent: TinyAgent
        private var question = Question(host: "", uri: "", key: "")

        init(agent: TinyAgent) { self.agent = agent }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                question = Question(
                    host: head.headers.first(name: "Host") ?? "",
                    uri: head.headers.first(name: "X-Original-URI") ?? "", key: "",
                    method: head.headers.first(name: "X-Original-Method") ?? "",
                    cache: head.headers.first(name: "X-Edge-Purge-Cache") ?? "",
                    waits: head.headers.contains(name: "X-Edge-Purge-Wait"),
                    isTold: head.headers.contains(name: "X-Edge-Purge-Told"))
            case .body(let bytes):
                question.key += String(buffer: bytes)
            case .end:
                let (fields, waits) = agent.state.withLock { [question] state in
                    state.questions.append(question)
                    let mayWait = question.method == "GET" && !question.isTold
                    let waits = state.hasCrowd && !question.waits && mayWait
                    return (waits ? ["Content-Length": "0"] : state.fields, waits)
                }
                let head = HTTPResponseHead(
                    version: .http1_1, status: waits ? .custom(code: 425, reasonPhrase: "Too Early") : .noContent,
                    headers: HTTPHeaders(fields.map { ($0.key, $0.value) }))
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
