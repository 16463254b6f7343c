/// Whose share of the control plane a request uses: all with one token, else all from one address.
enum Tenant: Sendable, Hashable {
    /// The id of a token.
    case token(String)
    /// The address of the other end; empty where it has none, as on a Unix socket.
    case address(String)
}
