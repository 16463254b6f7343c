import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PurgeModel

/// Talks JSON with a control plane.
enum HTTPCalls {
    /// Sends a request and reads its answer; anything but 200 is an error.
    static func call<Answer: Decodable>(
        _ method: String, _ url: String, _ type: Answer.Type, body: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        request.headers.add(name: "Content-Type", value: "application/json")
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(120))
        let bytes = try await response.body.collect(upTo: 64 << 20)
        guard response.status == .ok else {
            throw BenchmarkError("\(url) answered \(response.status): \(String(buffer: bytes).prefix(500))")
        }
        return try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
    }

    /// Asks a control plane for a purge, as Cloudflare's clients do, and answers its id.
    static func purge(_ control: String, zone: String, body: String) async throws -> String {
        let url = "\(control)/client/v4/zones/\(zone)/purge_cache"
        let answer = try await call("POST", url, CloudflareAnswer<CloudflarePurgeResult>.self, body: body)
        guard let result = answer.result else { throw BenchmarkError("\(url) answered without an id") }
        return result.id
    }
}
