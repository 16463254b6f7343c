import HTTPTypes
import Hummingbird
import PurgeModel
import Threads

/// Tells who sent a request.
///
/// Without tokens everybody is an administrator: that is for a control plane on loopback only. Once there were tokens,
/// their file may go away or become empty, and the door stays shut.
final class Authenticator: Sendable {
    /// The tokens by their ids, or none for everybody.
    private enum Mode: Sendable {
        case open
        case tokens([String: AccessToken])

        /// Nil: there are none.
        var tokens: [String: AccessToken]? { if case .tokens(let tokens) = self { tokens } else { nil } }

        /// The token of a caller, which may be another by now.
        func known(_ caller: Caller) -> AccessToken? { caller.tokenID.flatMap { tokens?[$0] } }

        func knows(_ caller: Caller, at now: Timestamp) -> Bool {
            guard tokens != nil else { return caller.tokenID == nil }
            guard let known = known(caller), Caller(known) == caller else { return false }
            return known.expiresAt.map { $0 > now } ?? true
        }
    }

    /// What somebody waits for.
    private enum Awaited: Sendable { case otherTokens }

    /// A caller is looked at again this often, as the time of day may be set.
    private static let lookPause: Duration = .seconds(60)

    private let mode: Monitor<Mode, Awaited>
    private let now: @Sendable () -> Timestamp
    /// Hashed where no token has the id that was sent, so that the time an answer takes does not tell which ids there
    /// are.
    private let decoy: AccessToken

    /// Creates an authenticator.
    /// - Parameters:
    ///   - tokens: what is accepted; nil: there are no tokens, and everybody is let in.
    ///   - now: the time of day.
    init(tokens: [AccessToken]?, now: @escaping @Sendable () -> Timestamp) {
        mode = Monitor(tokens.map { .tokens(Self.byID($0)) } ?? .open)
        self.now = now
        var generator = SystemRandomNumberGenerator()
        decoy =
            AccessToken.make(
                name: "", permissions: [], zones: .some([]), createdAt: now(), using: &generator
            ).record
    }

    /// Lets the tokens of a file that has changed take effect with the next request; nil (the file is gone) refuses
    /// everybody.
    func replace(tokens: [AccessToken]?) {
        mode.update { mode, wakes in
            if case .open = mode, tokens == nil { return }
            mode = .tokens(Self.byID(tokens ?? []))
            wakes.wake(.otherTokens)
        }
    }

    /// Whether there are no tokens.
    var isOpen: Bool {
        mode.read { $0.tokens == nil }
    }

    /// Who sent the request, by `Authorization: Bearer …` or by `X-Auth-Email` and `X-Auth-Key`.
    func caller(of request: Request) throws(AccessRefusal) -> Caller {
        guard let tokens = mode.read({ $0.tokens }) else {
            // A page of another site can make its own name mean 127.0.0.1; its requests still carry that name.
            guard Self.isLoopback(authority: request.head.authority) else {
                throw .forbidden(
                    "without tokens only requests to localhost are served; make a token with: edge-purge token create")
            }
            // So do those that a proxy hands on: who is before it is not on this machine.
            if let name = Self.forwardingFields.first(where: { request.headers.contains($0) }) {
                throw .forbidden(
                    "without tokens nothing is served that a proxy hands on (\(name)); make a token with: edge-purge "
                        + "token create")
            }
            if let origin = request.headers[.origin], !Self.isLoopback(origin: origin) {
                throw .forbidden(
                    "without tokens nothing is served to pages of other sites; make a token with: edge-purge token "
                        + "create")
            }
            return .anybodyHere
        }
        let credentials = try Self.credentials(of: request.headers)
        let known = tokens[credentials.token.id]
        guard (known ?? decoy).matches(credentials.token), let known else {
            throw .unknown("the token is not known here; it may have been revoked")
        }
        if let expiresAt = known.expiresAt, expiresAt <= now() {
            throw .unknown("the token \(known.name) expired at \(expiresAt)")
        }
        if let email = credentials.email, email.lowercased() != known.email?.lowercased() {
            throw .unknown("the token is not for the address in X-Auth-Email; send it as Authorization: Bearer …")
        }
        return Caller(known)
    }

    /// Whether somebody who was let in would be let in now, with the same rights: for what takes long.
    func stillKnows(_ caller: Caller) -> Bool {
        let now = now()
        return mode.read { $0.knows(caller, at: now) }
    }

    /// Returns when somebody who was let in would not be let in any more with the same rights, or when the task is
    /// cancelled.
    func waitUntilForgotten(_ caller: Caller) async {
        while !Task.isCancelled, stillKnows(caller) {
            let toExpiry = mode.read { $0.known(caller)?.expiresAt }.map { $0.duration(since: now()) }
            await mode.wait(for: .otherTokens, upTo: min(toExpiry ?? Self.lookPause, Self.lookPause)) { [now] mode in
                mode.knows(caller, at: now())
            }
        }
    }

    /// Who waits; for tests.
    var waiterCount: Int { mode.waiterCount }

    /// Whether a host, as it stands in `Host` or in a configuration, can only be this machine.
    static func isLoopback(host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isLoopback(authority: String?) -> Bool {
        // Programs that speak HTTP/1.0 send none; browsers always do.
        guard let authority, !authority.isEmpty else { return true }
        // host [ ":" port ], RFC 3986 section 3.2; what does not look like that is somebody else's.
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]").map(authority.index(after:)) : nil
        let host = authority[..<(end ?? authority.firstIndex(of: ":") ?? authority.endIndex)]
        let port = authority[host.endIndex...]
        guard port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isWholeNumber) else { return false }
        return isLoopback(host: String(host))
    }

    /// An origin is a scheme and an authority, or `null` (RFC 6454 section 7).
    private static func isLoopback(origin: String) -> Bool {
        let parts = origin.split(separator: "://", maxSplits: 1)
        return parts.count == 2 && isLoopback(authority: String(parts[1]))
    }

    /// What proxies add (RFC 7239, and what they wrote before it).
    private static let forwardingFields = [
        "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via",
    ].compactMap { HTTPField.Name($0) }

    private static func credentials(of headers: HTTPFields) throws(AccessRefusal) -> (token: TokenText, email: String?)
    {
        if let value = headers[.authorization] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else {
                throw .unknown("Authorization has to be: Bearer ept_…")
            }
            return (try token(String(parts[1]), in: "Authorization"), nil)
        }
        if let keyField, let key = headers[keyField] {
            guard let emailField, let email = headers[emailField] else {
                throw .unknown("X-Auth-Key needs X-Auth-Email beside it")
            }
            return (try token(key, in: "X-Auth-Key"), email)
        }
        throw .unknown("no token was sent; send it as Authorization: Bearer ept_…")
    }

    private static func token(_ text: String, in field: String) throws(AccessRefusal) -> TokenText {
        let trimmed = text.filter { $0 != " " }
        guard let token = TokenText(trimmed) else {
            throw .unknown("what stands in \(field) is no token of EdgePurge: these begin with \(TokenText.prefix)")
        }
        return token
    }

    private static func byID(_ tokens: [AccessToken]) -> [String: AccessToken] {
        Dictionary(tokens.map { ($0.id, $0) }) { first, _ in first }
    }

    private static let emailField = HTTPField.Name("X-Auth-Email")
    private static let keyField = HTTPField.Name("X-Auth-Key")
}
