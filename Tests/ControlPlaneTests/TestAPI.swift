import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import PurgeModel
import TestSupport
import Testing

@testable import ControlPlane

/// The API without a server and without Kafka.
struct TestAPI: Sendable {
    let producer = FakeProducer()
    let ledger: PurgeLedger
    let history: PurgeHistory
    let configuration: ControlConfiguration
    let authenticator: Authenticator
    private let directory: TemporaryDirectory

    /// Requests that are held.
    let held = HeldRequests()
    /// What the rate limiter takes for the time.
    let clock = TestClock(.stands)

    /// - Parameter tokens: what is accepted; nil: everybody is let in.
    init(tokens: [AccessToken]? = nil, zones: ZoneTable? = nil) throws {
        directory = try TemporaryDirectory()
        var configuration = try Samples.configuration()
        configuration.stateDirectory = directory.path
        if let zones { configuration.zones = zones }
        self.configuration = configuration
        authenticator = Authenticator(tokens: tokens, now: { Timestamp(milliseconds: 1_700_000_000_000) })
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        (_, ledger, history) = try PurgeHistory.open(
            configuration, wallClock: { Timestamp(milliseconds: 1_700_000_000_000) }, logger: logger)
    }

    /// A limiter with full buckets.
    var limiter: RateLimiter {
        RateLimiter(
            limits: configuration.accountLimits, logger: Logger(label: "test"), now: { clock.milliseconds },
            wallMilliseconds: { clock.milliseconds })
    }

    /// Tells the ledger that both topics were read; with one agent.
    func becomeReady() {
        ledger.update { state, now in
            state.receive(Samples.acknowledgement("edge-1"), now: now)
            state.purgesCaughtUp()
            state.acknowledgementsCaughtUp(at: now)
        }
    }

    /// All routes.
    func router(_ configuration: ControlConfiguration? = nil) -> Router<ControlContext> {
        let configuration = configuration ?? self.configuration
        let ledger = ledger
        let api = ControlAPI(
            configuration: configuration, producer: producer, ledger: ledger, history: history,
            authenticator: authenticator,
            limiter: limiter, held: held
        ) {
            ledger.read { state, _ in state.knowsMembers } ? [] : ["the acknowledgements are being read"]
        }
        return api.router()
    }

    func run(_ test: @Sendable (any TestClientProtocol) async throws -> Void) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        try await Application(router: router(), logger: logger).test(.router) { client in try await test(client) }
    }
}

/// One answer, read as JSON.
struct Answer {
    let status: Int
    let headers: HTTPFields
    let text: String
    let json: [String: Any]

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        text = String(buffer: response.body)
        json = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any] ?? [:]
    }

    /// The numbers of a refusal in Cloudflare's envelope.
    var codes: [Int] { (json["errors"] as? [[String: Any]])?.compactMap { $0["code"] as? Int } ?? [] }
    /// The first sentence of a refusal, in either form.
    var message: String {
        let item = (json["errors"] as? [[String: Any]])?.first ?? json["error"] as? [String: Any]
        return item?["message"] as? String ?? ""
    }
    /// The word of a refusal under `/v1`.
    var code: String { (json["error"] as? [String: Any])?["code"] as? String ?? "" }
    /// The id of an accepted purge.
    var purgeID: String { (json["result"] as? [String: Any])?["id"] as? String ?? "" }
}

extension TestClientProtocol {
    func ask(
        _ method: HTTPRequest.Method = .get, _ path: String, _ body: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await execute(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }
        ) { Answer($0) }
    }

    /// Sends a purge to the sample zone.
    func purge(_ body: String, zone: String = Samples.zoneID, endpoint: String = "purge_cache") async throws -> Answer {
        try await ask(.post, "/client/v4/zones/\(zone)/\(endpoint)", body)
    }
}
