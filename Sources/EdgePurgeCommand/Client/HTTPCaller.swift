import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import PurgeModel
import Synchronization
import SystemPackage

/// Makes single HTTP requests with a time limit and a bounded body.
struct HTTPCaller: Sendable {
    /// Why no answer came.
    struct Unreachable: Error, CustomStringConvertible {
        /// The reason in a few words.
        var reason: String

        var description: String { reason }
    }

    /// One client for each file of certificates, and one without, for the whole run of the program.
    private static let clients = Mutex<[String?: HTTPClient]>([:])

    private let client: HTTPClient

    /// Creates a caller that trusts the authorities that this machine knows.
    init() {
        client = Self.client(nil, trusting: .default)
    }

    /// Creates a caller that trusts only servers whose certificate is in a file, or is signed by one that is.
    ///
    /// - Throws: `CommandFailure` (usage) when the file has no certificate.
    init(certificatesFile file: String) throws(CommandFailure) {
        let certificates = (try? NIOSSLCertificate.fromPEMFile(file)) ?? []
        guard !certificates.isEmpty else {
            throw CommandFailure(
                "the file \(file) has no certificate that can be read; certificates in PEM are expected", exit: .usage)
        }
        client = Self.client(file, trusting: .certificates(certificates))
    }

    /// It does not try a refused connection again: a person waits for the answer.
    private static func client(_ file: String?, trusting roots: NIOSSLTrustRoots) -> HTTPClient {
        clients.withLock { clients in
            if let client = clients[file] { return client }
            var encryption = TLSConfiguration.makeClientConfiguration()
            encryption.trustRoots = roots
            var configuration = HTTPClient.Configuration(
                tlsConfiguration: encryption, redirectConfiguration: .disallow)
            configuration.connectionPool.retryConnectionEstablishment = false
            let client = HTTPClient(
                eventLoopGroupProvider: .shared(HTTPClient.defaultEventLoopGroup), configuration: configuration)
            clients[file] = client
            return client
        }
    }

    /// A page of the development origin is a few MiB, an answer of the API less.
    private static let bodyBytesMax = 64 << 20

    /// Sends one request and reads the whole answer.
    ///
    /// - Throws: `Unreachable` when there was no complete answer in time.
    func call(
        _ method: String = "GET",
        _ url: String,
        headers: [(String, String)] = [],
        body: Data? = nil,
        timeout: Duration = .seconds(10)
    ) async throws(Unreachable) -> HTTPAnswer {
        var request = HTTPClientRequest(url: url)
        request.method = .init(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        do {
            let limit = TimeAmount.milliseconds(timeout.wholeMilliseconds)
            let response = try await client.execute(request, timeout: limit)
            let collected = try await response.body.collect(upTo: Self.bodyBytesMax)
            let fields = response.headers.map { ($0.name.lowercased(), $0.value) }
            return HTTPAnswer(
                status: Int(response.status.code),
                headers: Dictionary(fields) { $1 },
                body: Data(collected.readableBytesView)
            )
        } catch {
            throw Unreachable(reason: Self.reason(error, timeout: timeout))
        }
    }

    /// Why there was no answer, in a few words.
    static func reason(_ error: any Error, timeout: Duration) -> String {
        switch error {
        case let error as NIOConnectionError:
            let failure = error.connectionErrors.first.map { reason($0.error, timeout: timeout) }
            return failure ?? "the host name \(error.host) cannot be resolved"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            return "its certificate is not trusted, or it does not speak TLS (\(error))"
        case let error as IOError:
            return Errno(rawValue: error.errnoCode).description
        case let error as HTTPClientError:
            switch error {
            case .connectTimeout, .deadlineExceeded, .readTimeout:
                return "no answer within \(DurationText.text(timeout))"
            case .invalidURL, .emptyScheme, .emptyHost: return "not a URL"
            default: return error.shortDescription
            }
        default:
            return "\(error)"
        }
    }

    /// A URL that reaches a Unix socket.
    static func url(socket path: String, target: String) -> String {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return "http+unix://" + percentEncoded(path, keeping: allowed) + target
    }

    /// `text` for use within a query value or one path segment.
    static func escaped(_ text: String) -> String {
        percentEncoded(text, keeping: Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8))
    }

    private static func percentEncoded(_ text: String, keeping allowed: Set<UInt8>) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if allowed.contains(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), HexDigit.uppercase(byte >> 4), HexDigit.uppercase(byte & 15)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
