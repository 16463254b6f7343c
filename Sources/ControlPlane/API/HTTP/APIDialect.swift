import Hummingbird

/// One way to say over HTTP what went wrong: the status, the code and the body that the clients of one API understand.
///
/// Inside, errors say what they mean; this is the only place where a meaning becomes a status. A further dialect is one
/// more folder beside `Own` and `Cloudflare`, and one line in ``ControlAPI``.
protocol APIDialect: Sendable {
    /// What the paths of its routes begin with.
    var pathPrefix: String { get }

    /// A purge is not accepted.
    func response(to refusal: PurgeRefusal) throws -> Response

    /// Whoever sent the request is not known, or may not do this.
    func response(to refusal: AccessRefusal) throws -> Response

    /// Whatever else can be wrong with a request, whatever it asks for.
    func response(to failure: RequestFailure) throws -> Response
}
