import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Fetches pages and talks JSON.
struct WebClient: Sendable {
    /// A page as a visitor gets it.
    struct Page: Sendable {
        var status: UInt
        var cacheStatus: String
        var version: String
        var body: [UInt8]
        var headers: HTTPHeaders
    }

    private let client = HTTPClient(
        eventLoopGroupProvider: .singleton,
        configuration: HTTPClient.Configuration(timeout: .init(connect: .seconds(10)))
    )

    private init() {}

    /// Runs `body` with a client that is closed after it, however it ends.
    ///
    /// One that is let go open ends the whole process.
    static func with<Result>(_ body: (WebClient) async throws -> Result) async throws -> Result {
        let web = WebClient()
        let result: Result
        do {
            result = try await body(web)
        } catch {
            try? await web.client.shutdown()
            throw error
        }
        try await web.client.shutdown()
        return result
    }

    /// Gets a page of a host through a cache.
    func page(
        _ cache: DevEnvironment.Cache, _ target: String, host: String = "shop.example", encoding: String? = nil
    ) async throws -> Page {
        var request = HTTPClientRequest(url: cache.url + target)
        request.headers.add(name: "Host", value: host)
        if let encoding { request.headers.add(name: "Accept-Encoding", value: encoding) }
        let response = try await client.execute(request, timeout: .seconds(30))
        let body = try await response.body.collect(upTo: 64 << 20)
        return Page(
            status: response.status.code, cacheStatus: response.headers.first(name: "X-Cache-Status") ?? "",
            version: response.headers.first(name: "X-Version") ?? "", body: Array(buffer: body),
            headers: response.headers
        )
    }

    /// Sends JSON, or nothing, and reads JSON.
    func json(
        _ method: HTTPMethod = .GET, _ url: String, _ body: String? = nil, token: String? = nil,
        timeout: TimeAmount = .seconds(60)
    ) async throws -> (status: UInt, value: JSONValue) {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await client.execute(request, timeout: timeout)
        let data = Data(buffer: try await response.body.collect(upTo: 16 << 20))
        let value = try? JSONDecoder().decode(JSONValue.self, from: data)
        return (response.status.code, value ?? .string(String(decoding: data, as: UTF8.self)))
    }

    /// Asks an agent's admin socket.
    func admin(
        _ cache: DevEnvironment.Cache, _ path: String, timeout: TimeAmount = .seconds(60)
    ) async throws -> JSONValue {
        try await admin(cache.adminSocket, path, timeout: timeout)
    }

    /// Asks an agent's admin socket.
    func admin(_ socket: String, _ path: String, timeout: TimeAmount = .seconds(60)) async throws -> JSONValue {
        let url = try URL(httpURLWithSocketPath: socket, uri: path).map { "\($0)" }.required
        return try await json(.GET, url, timeout: timeout).value
    }
}
