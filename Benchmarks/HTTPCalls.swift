import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

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
}
