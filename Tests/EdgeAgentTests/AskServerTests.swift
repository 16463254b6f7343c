import Foundation
import LinuxFiles
import Logging
import NIOCore
import NIOPosix
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// The ask socket, asked by whoever can open it.
@Suite(.timeLimit(.minutes(5))) struct AskServerTests {
    private let state: TemporaryDirectory
    private let cache: TemporaryDirectory

    init() throws {
        state = try TemporaryDirectory()
        cache = try TemporaryDirectory()
    }

    private var socket: String { state.path + "/ask.sock" }

    /// Collects what comes until the other side has nothing more to say.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let done: EventLoopPromise<String>
        private let isEnough: (String) -> Bool
        private var text = ""

        init(_ done: EventLoopPromise<String>, _ isEnough: @escaping (String) -> Bool) {
            self.done = done
            self.isEnough = isEnough
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
            if isEnough(text) { done.succeed(text) }
        }

        func channelInactive(context: ChannelHandlerContext) { done.succeed(text) }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private func withServer(
        hold: Duration = .seconds(5), isFenced: @escaping @Sendable () -> Bool = { false },
        atStop: (WorkerFixture) async throws -> Void = { _ in }, _ body: (WorkerFixture) async throws -> Void
    ) async throws {
        let fixture = try WorkerFixture(state: state, caches: [cache.path], asks: .purge)
        // No worker is there to be first.
        let target = try fixture.target()
        try target.start()
        try await eventually("all is known") {
            _ = try fixture.round(target)
            return !fixture.board.isScanning
        }
        let server = AskServer(
            AskConfiguration(socket: socket, marker: state.path + "/ask", hold: hold),
            try #require(fixture.queue.standing), try fixture.judge(isFenced: isFenced), fixture.board,
            clock: fixture.context.clock, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let task = Task { try await server.run() }
        try await eventually("it listens") { fixture.queue.standing?.isEffective == true }
        do { try await body(fixture) } catch { Issue.record(error) }
        task.cancel()
        try await task.value
        #expect(fixture.queue.standing?.isEffective == false)
        try await atStop(fixture)
        try await fixture.stop()
    }

    /// Sends bytes; returns what comes back until there is enough of it, or the connection ends.
    private func send(
        _ bytes: [UInt8], isLast: Bool = true, until isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: socket).get()
        let done = channel.eventLoop.makePromise(of: String.self)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Reader(done, isEnough))
        }.get()
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
        // A question that is not whole is answered by nobody.
        if isLast, channel.isActive { channel.close(mode: .output, promise: nil) }
        let answer = try await done.futureResult.get()
        try? await channel.close().get()
        return answer
    }

    private func request(_ key: String, uri: String = "/", more: String = "") -> [UInt8] {
        Array(
            "GET / HTTP/1.1\r\nHost: a.example\r\nX-Original-URI: \(uri)\r\n\(more)Content-Length: "
                .appending("\(key.utf8.count)\r\n\r\n\(key)").utf8)
    }

    @Test func `questions are answered one after the other on one connection`() async throws {
        let key = "http://a.example/page"
        let file = try CacheFixture(path: cache.path).store(
            CacheFixture.bytes(key: key, head: "Cache-Tag: t\r\n"),
            name: CacheFileName(ofCacheKey: Array(key.utf8)).text)
        try await withServer { fixture in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            let questions = request("") + request(key) + request(key, more: "Connection: close\r\n")
            let answers = try await send(questions) { $0.components(separatedBy: "HTTP/1.1 204").count == 4 }
            #expect(answers.contains("X-Edge-Purge-Stale: no_key"))
            #expect(answers.components(separatedBy: "X-Edge-Purge-Stale").count == 2)
            #expect(CacheFixture.version(file) == 0)
        }
    }

    // MARK: A crowd

    private static let page = "http://a.example/page"
    private static let get = "X-Original-Method: GET\r\n"
    private static let wait = get + "X-Edge-Purge-Wait: 1\r\n"

    @discardableResult
    private func store(tags: String = "t") throws -> String {
        try CacheFixture(path: cache.path).store(
            CacheFixture.bytes(key: Self.page, head: "Cache-Tag: \(tags)\r\n"),
            name: CacheFileName(ofCacheKey: Array(Self.page.utf8)).text)
    }

    /// Asks about the page; returns the first line of the answer and what else it says.
    private func ask(_ fields: String) async throws -> String {
        try await send(request(Self.page, more: fields), isLast: false) { $0.contains("\r\n\r\n") }
    }

    /// Has a purged page fetched by a first visitor, and visitors wait for that.
    private func withCrowd(
        _ fixture: WorkerFixture, _ count: Int, _ body: () async throws -> Void
    ) async throws -> [String] {
        try fixture.enqueue([try WorkerFixture.event(tag: "t")])
        let first = try await ask(Self.get)
        #expect(first.hasPrefix("HTTP/1.1 204"))
        let crowd = (0..<count).map { _ in Task { try await ask(Self.wait) } }
        try await eventually("all wait") { fixture.board.counters.waiting == count }
        try await body()
        var answers: [String] = []
        for visitor in crowd { answers.append(try await visitor.value) }
        return answers
    }

    @Test func `whoever can wait waits until the new page is there, and nobody else`() async throws {
        try store()
        try await withServer(hold: .seconds(60)) { fixture in
            let answers = try await withCrowd(fixture, 20) {
                let told = try await ask(Self.get)
                #expect(told.hasPrefix("HTTP/1.1 425"))
                for others in ["", "X-Original-Method: POST\r\n", "X-Edge-Purge-Wait: 1\r\n"] {
                    let answer = try await ask(others)
                    #expect(answer.hasPrefix("HTTP/1.1 204"), "\(others)")
                }
                #expect(fixture.board.counters.waiting == 20)
                try store()
            }
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 204") && !$0.contains("Stale") })
            let later = try await ask(Self.wait)
            #expect(later.hasPrefix("HTTP/1.1 204"))
        }
    }

    /// A purge of one page is applied long before the page is fetched.
    @Test func `a crowd waits on when its purge is applied`() async throws {
        try store()
        try await withServer(hold: .seconds(60)) { fixture in
            let standing = try #require(fixture.queue.standing)
            let answers = try await withCrowd(fixture, 3) {
                standing.applied([QueueKey(partition: 0, epoch: 0, offset: 0)])
                #expect(standing.count == 0)
                let told = try await ask(Self.get)
                #expect(told.hasPrefix("HTTP/1.1 425") && fixture.board.counters.waiting == 3)
                try store()
            }
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 204") })
        }
    }

    @Test func `a fence lets everybody go, past the cache`() async throws {
        try store()
        let isFenced = Atomic(false)
        try await withServer(hold: .seconds(60), isFenced: { isFenced.load(ordering: .relaxed) }) { fixture in
            let answers = try await withCrowd(fixture, 3) { isFenced.store(true, ordering: .relaxed) }
            #expect(answers.allSatisfy { $0.contains("X-Edge-Purge-Stale: fenced") })
        }
    }

    @Test func `an agent that stops answers whoever waits`() async throws {
        try store()
        let crowd = Mutex<[Task<String, any Error>]>([])
        let answered: (WorkerFixture) async throws -> Void = { _ in
            for visitor in crowd.withLock({ $0 }) {
                let answer = try await visitor.value
                #expect(answer.hasPrefix("HTTP/1.1 204"))
            }
        }
        try await withServer(hold: .seconds(60), atStop: answered) { fixture in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            _ = try await ask(Self.get)
            crowd.withLock { crowd in
                crowd = (0..<3).map { _ in Task { try await ask(Self.wait) } }
            }
            try await eventually("all wait") { fixture.board.counters.waiting == 3 }
        }
    }

    @Test func `whoever hangs up waits no longer`() async throws {
        try store()
        try await withServer(hold: .seconds(60)) { fixture in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            _ = try await ask(Self.get)
            let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socket).get()
            try await channel.writeAndFlush(ByteBuffer(bytes: request(Self.page, more: Self.wait)))
            try await eventually("it waits") { fixture.board.counters.waiting == 1 }
            try await channel.close()
            try await eventually("it does not wait any more") { fixture.board.counters.waiting == 0 }
        }
    }

    @Test func `what comes after a question that waits is answered after it`() async throws {
        try store()
        try await withServer(hold: .seconds(60)) { fixture in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            _ = try await ask(Self.get)
            let questions = request(Self.page, more: Self.wait) + request("")
            async let answers = send(questions, isLast: false) { $0.components(separatedBy: "\r\n\r\n").count == 3 }
            try await eventually("it waits") { fixture.board.counters.waiting == 1 }
            try store()
            let both = try await answers.components(separatedBy: "\r\n\r\n")
            #expect(both[0] == "HTTP/1.1 204 No Content" && both[1].hasSuffix("X-Edge-Purge-Stale: no_key"))
        }
    }

    @Test(arguments: [
        "Transfer-Encoding: chunked\r\n", "Content-Length: 1\r\n", "Host : a\r\n", "X: a\rb\r\n", " x: a\r\n",
    ])
    func `what two readers could take for different things is refused`(field: String) async throws {
        try await withServer { _ in
            let answer = try await send(request("key", more: field), isLast: false) { $0.contains("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 400") && answer.contains("Connection: close"))
        }
    }

    /// A socket that nginx cannot be given leaves no other one behind, however often it is tried.
    @Test func `a group that is not there is told, and no socket stays open`() async throws {
        let fixture = try WorkerFixture(state: state, caches: [cache.path], asks: .purge)
        let server = AskServer(
            AskConfiguration(socket: socket, group: "no-such-group", marker: state.path + "/ask"),
            try #require(fixture.queue.standing), try fixture.judge(), fixture.board,
            clock: fixture.context.clock, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let task = Task { try await server.run() }
        try await eventually("it is told") { fixture.board.hasProblem(.ask) }
        #expect(fixture.queue.standing?.isEffective == false)
        await #expect(throws: (any Error).self) {
            _ = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(unixDomainSocketPath: socket).get()
        }
        task.cancel()
        try await task.value
        try await fixture.stop()
    }

    /// A key of any size, and bytes that are no HTTP, on a socket that goes on answering.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func `whatever is sent, the next question is answered`(seed: UInt64) async throws {
        try await withServer { fixture in
            try fixture.enqueue([try WorkerFixture.event(tag: "t")])
            var random = SeededGenerator(seed: seed)
            let key = String(repeating: "k", count: random.pick([1, 64 << 10, 250 << 10, 300 << 10]))
            var bytes = request(key, more: random.pick(["", Self.get, Self.wait]))
            for _ in 0..<random.number(0...8) {
                let place = random.number(0...min(bytes.count - 1, 200))
                switch random.number(0...2) {
                case 0: bytes[place] = UInt8(random.number(0...255))
                case 1: bytes.removeSubrange(place..<min(bytes.count, place + random.number(1...50)))
                default: bytes.insert(contentsOf: [13, 10], at: place)
                }
                if bytes.isEmpty { bytes = [0] }
            }
            _ = try await send(bytes) { $0.contains("\r\n\r\n") }
            let answer = try await send(request("http://a.example/x")) { $0.contains("\r\n\r\n") }
            #expect(answer.hasPrefix("HTTP/1.1 204"), "seed \(seed)")
        }
    }

    @Test func `ten thousand connections, most of them silent, some slow, some deaf, hold nobody up`() async throws {
        // Both ends of each are in this process.
        let count = min(10_000, (OpenFileLimit.raised() - 2000) / 2)
        if count < 10_000 { print("ask: \(count) connections only; more need a higher limit of open files") }
        let longKey = "http://a.example/" + String(repeating: "k", count: 64 << 10)
        try await withServer { _ in
            let group = NIOSingletons.posixEventLoopGroup
            var others: [any Channel] = []
            for number in 0..<count {
                let isDeaf = number % 1000 == 0
                let channel = try await ClientBootstrap(group: group).channelOption(.autoRead, value: !isDeaf)
                    .connect(unixDomainSocketPath: socket).get()
                others.append(channel)
                if isDeaf {
                    let many = ByteBuffer(bytes: (0..<20_000).flatMap { _ in request("http://a.example/x") })
                    channel.writeAndFlush(many, promise: nil)
                } else if number % 10 == 0 {
                    // The rest never comes.
                    let question = request(number % 100 == 0 ? longKey : "http://a.example/x")
                    channel.writeAndFlush(ByteBuffer(bytes: question.dropLast()), promise: nil)
                }
            }
            for key in ["http://a.example/x", longKey] {
                let answer = try await send(request(key)) { $0.contains("\r\n\r\n") }
                #expect(answer.hasPrefix("HTTP/1.1 204"))
            }
            for channel in others { channel.close(promise: nil) }
        }
    }

    /// Ten thousand questions of 64 KiB that never ended took 1.4 GB.
    @Test func `questions that do not end take so much memory together and no more`() async throws {
        try await withServer { _ in
            let question = ByteBuffer(
                bytes: request("http://a.example/" + String(repeating: "k", count: 200 << 10)).dropLast())
            var open: [any Channel] = []
            for _ in 0..<400 {
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .connect(unixDomainSocketPath: socket).get()
                channel.writeAndFlush(question, promise: nil)
                open.append(channel)
            }
            try await eventually("some are hung up on") { open.contains { !$0.isActive } }
            for channel in open { channel.close(promise: nil) }
            try await eventually("there is room again") {
                let answer = try await send(request("http://a.example/" + String(repeating: "k", count: 200 << 10))) {
                    $0.contains("\r\n\r\n")
                }
                return answer.hasPrefix("HTTP/1.1 204")
            }
        }
    }
}
