import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOSSL
import PurgeModel

/// Asks this machine's nginx as a visitor would, and trusts whatever certificate it has.
struct NginxVisitor: Sendable {
    private static let limit = Duration.seconds(15)

    /// Asks for one page.
    ///
    /// - Returns: the status.
    /// - Throws: why there was no answer.
    func ask(_ place: ProbePlace, _ target: String) async throws(HTTPCaller.Unreachable) -> UInt {
        var encryption = TLSConfiguration.makeClientConfiguration()
        encryption.certificateVerification = .none
        var configuration = HTTPClient.Configuration(tlsConfiguration: encryption, redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        var request: HTTPClientRequest
        let scheme = place.listen.isEncrypted ? "https" : "http"
        switch place.listen.address {
        case .socket(let path):
            let url = HTTPCaller.url(socket: path, target: target)
            request = HTTPClientRequest(
                url: place.listen.isEncrypted ? url.replacing("http+unix", with: "https+unix") : url)
        case .network(let address, let port):
            // The name of the server is in the request, and in the greeting of TLS.
            configuration.dnsOverride = [place.host: address]
            request = HTTPClientRequest(url: "\(scheme)://\(place.host):\(port)\(target)")
        }
        request.headers.replaceOrAdd(name: "Host", value: place.host)
        request.headers.add(name: "User-Agent", value: "edge-purge doctor")
        let client = HTTPClient(
            eventLoopGroupProvider: .shared(HTTPClient.defaultEventLoopGroup), configuration: configuration)
        let result: Result<UInt, HTTPCaller.Unreachable>
        do {
            let response = try await client.execute(request, timeout: .milliseconds(Self.limit.wholeMilliseconds))
            for try await _ in response.body {}
            result = .success(response.status.code)
        } catch {
            result = .failure(HTTPCaller.Unreachable(reason: HTTPCaller.reason(error, timeout: Self.limit)))
        }
        try? await client.shutdown()
        return try result.get()
    }
}
