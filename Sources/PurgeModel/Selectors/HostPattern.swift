/// A set of hosts that a purge may touch.
package enum HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// `*`: every host.
    case any
    /// `example.com`: this host only.
    case exact(HostName)
    /// `*.example.com`: every host below, at any depth, and not `example.com` itself.
    case subdomains(HostName)

    /// Reads `*`, `example.com` or `*.example.com`; a star elsewhere is refused.
    package init(validating text: String) throws(SelectorError) {
        if text == "*" {
            self = .any
        } else if text.utf8.starts(with: "*.".utf8) {
            let apex = try HostName(validating: String(text.dropFirst(2)))
            guard !apex.isAddress else { throw .invalidHost(QuotedValue(text), "an address has no hosts below it") }
            self = .subdomains(apex)
        } else {
            self = .exact(try HostName(validating: text))
        }
    }

    package func matches(_ host: HostName) -> Bool {
        switch self {
        case .any:
            return true
        case .exact(let name):
            return name == host
        case .subdomains(let apex):
            guard !host.isAddress else { return false }
            let apexLength = apex.name.utf8.count
            let length = host.name.utf8.count
            guard length > apexLength + 1, host.name.hasSuffix(apex.name) else { return false }
            return host.name.utf8.dropLast(apexLength).last == UInt8(ascii: ".")
        }
    }

    package var description: String {
        switch self {
        case .any: "*"
        case .exact(let host): host.name
        case .subdomains(let apex): "*.\(apex.name)"
        }
    }
}
