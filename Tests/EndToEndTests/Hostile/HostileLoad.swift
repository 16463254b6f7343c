import Foundation
import NIOCore
import NIOPosix

/// What one tenant does to a control plane again and again, so that others get nothing of it (attacks 37 to 48).
enum HostileLoad: String, CaseIterable, Sendable {
    case abandonedSearches = "searches that match nothing, hung up at once"
    case searches = "searches that match nothing, one after the other"
    case bodies = "bodies of nearly 1 MiB with too many tags"
    case streams = "as many streams as there are places for"
    case waits = "purges that wait for their confirmation"
    case unknownTokens = "tokens that nobody knows"
    case unfinished = "requests that never end"

    /// How many of it are under way at once; among all tests a tenth, as these need the processors too.
    func width(isShort: Bool) -> Int {
        let width =
            switch self {
            case .abandonedSearches, .searches: 20
            case .bodies: 4
            case .streams, .waits: 100
            case .unknownTokens: 4
            case .unfinished: 50
            }
        return isShort ? max(1, width / 10) : width
    }

    /// The permission that the tenant's token needs.
    var permission: String {
        switch self {
        case .bodies, .waits: "cache_purge"
        case .abandonedSearches, .searches, .streams, .unknownTokens, .unfinished: "read"
        }
    }

    /// Does it once.
    ///
    /// - Parameters:
    ///   - port: where the control plane listens, on 127.0.0.1.
    ///   - token: the tenant's.
    ///   - purge: the id of a purge that nobody confirms.
    /// - Returns: what was answered, as far as it was read.
    func step(port: Int, token: String, purge: String, number: Int) async throws -> String {
        func get(_ target: String, token: String = token) -> String {
            "GET \(target) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n\r\n"
        }
        func post(_ target: String, _ body: String) -> String {
            "POST \(target) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\nConnection: close\r\n"
                + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        }
        switch self {
        case .abandonedSearches:
            return try await Self.talk(port, get("/v1/purges?limit=500&q=nothing-\(number)"), isAnswerRead: false)
        case .searches: return try await Self.talk(port, get("/v1/purges?limit=500&q=nothing-\(number)"))
        case .bodies: return try await Self.talk(port, post("/v1/purges", Self.largeBody))
        case .streams: return try await Self.talk(port, get("/v1/purges/\(purge)/progress"))
        case .waits:
            return try await Self.talk(
                port,
                post(
                    "/v1/purges?wait=20s",
                    #"{"zone":"shop.example","selectors":{"tags":["hostile-\#(number)"]}}"#))
        case .unknownTokens: return try await Self.talk(port, get("/v1/purges", token: Self.unknownToken))
        case .unfinished:
            return try await Self.talk(
                port, "POST /v1/purges HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n")
        }
    }

    private static let largeBody =
        #"{"zone":"shop.example","selectors":{"tags":["#
        + (0..<60_000).map { "\"hostile-\(100_000 + $0)\"" }.joined(separator: ",") + "]}}"
    private static let unknownToken = "ept_" + String(repeating: "0", count: 48)

    /// Connects, writes, and reads to the end, or hangs up at once.
    private static func talk(_ port: Int, _ text: String, isAnswerRead: Bool = true) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            guard isAnswerRead else { return "" }
            var answer = ""
            for try await part in inbound { answer += String(buffer: part) }
            return answer
        }
    }
}
