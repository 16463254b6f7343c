/// What makes a host in a cache key look as if no visitor asks for it: mostly the key is read wrongly.
package enum OddHost: Sendable, Hashable {
    case empty
    /// `http`, of a key such as `$scheme://$host$uri` that is read as if it began with the host.
    case scheme
    /// The name of an origin in nginx's configuration.
    case origin
    /// Without a dot: the name of an `upstream`, or a host of an intranet.
    case dotless

    /// What is odd about a host; nil where nothing is.
    ///
    /// - Parameters:
    ///   - host: as it stands in a key, possibly with a port.
    ///   - origins: names of origins in nginx's configuration, with their port where they have one.
    package init?(_ host: String, origins: Set<String>) {
        let isAddress = host.hasPrefix("[")
        let name = isAddress ? host : String(host.prefix { $0 != ":" })
        if name.isEmpty {
            self = .empty
        } else if name == "http" || name == "https" {
            self = .scheme
        } else if origins.contains(host) || origins.contains(name) {
            self = .origin
        } else if !name.contains("."), !isAddress, name != "localhost" {
            self = .dotless
        } else {
            return nil
        }
    }

    /// Whether purges by what visitors ask for miss objects with such a host; of one without a dot nobody can tell.
    package var isWrong: Bool { self != .dotless }

    /// As a clause about the host.
    package var clause: String {
        switch self {
        case .empty: "which is empty"
        case .scheme: "which is a scheme"
        case .origin: "which is an origin's name in nginx"
        case .dotless: "which has no dot"
        }
    }
}
