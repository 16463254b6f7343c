/// An address at which a server of nginx can be asked from this machine.
struct NginxListen: Sendable, Hashable {
    enum Address: Sendable, Hashable {
        /// The path of a Unix socket.
        case socket(String)
        /// An address of this machine, IPv6 without brackets, and a port.
        case network(String, Int)
    }

    let address: Address
    let isEncrypted: Bool

    /// Where a server without `listen` listens, when nginx is started by root.
    static let standard = NginxListen(address: .network("127.0.0.1", 80), isEncrypted: false)

    private init(address: Address, isEncrypted: Bool) {
        self.address = address
        self.isEncrypted = isEncrypted
    }

    /// Reads a `listen`.
    ///
    /// - Returns: nil for what no plain visitor can use: QUIC, the PROXY protocol, a value that nginx refuses.
    init?(_ directive: NginxDirective) {
        guard let first = directive.arguments.first, !directive.arguments.contains("quic"),
            !directive.arguments.contains("proxy_protocol")
        else { return nil }
        isEncrypted = directive.arguments.contains("ssl")
        if first.hasPrefix("unix:") {
            address = .socket(String(first.dropFirst(5)))
            return
        }
        var host = first[...]
        var port = isEncrypted ? 443 : 80
        if let number = Int(first) {
            host = ""
            port = number
        } else if let colon = first.lastIndex(of: ":"), !first[colon...].contains("]") {
            guard let number = Int(first[first.index(after: colon)...]) else { return nil }
            host = first[..<colon]
            port = number
        }
        guard (1...65_535).contains(port) else { return nil }
        switch host {
        case "", "*", "0.0.0.0": address = .network("127.0.0.1", port)
        case "[::]": address = .network("::1", port)
        default: address = .network(String(host.drop { $0 == "[" }.prefix { $0 != "]" }), port)
        }
    }
}
