import PurgeModel

/// Hosts as they stand in cache keys.
enum StoredHost {
    /// A host as the index keeps it: lower-cased, without port and final dot, labels reversed; nil if nothing is left.
    ///
    /// nginx lets nearly every byte into a host (`ngx_http_validate_host`): what is no name that DNS allows is taken as
    /// it is, so that purges of everything, by tag, or by prefix in a scope above it find the object.
    static func reversed(_ host: [UInt8]) -> [UInt8]? {
        if let name = try? HostName(validating: host.span) { return Array(name.reversed.utf8) }
        var rest = host[...]
        if let colon = rest.lastIndex(of: UInt8(ascii: ":")), rest[(colon + 1)...].allSatisfy(isDigit) {
            rest = rest[..<colon]
        }
        if rest.last == UInt8(ascii: ".") { rest = rest.dropLast() }
        guard !rest.isEmpty else { return nil }
        let labels = rest.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return Array(labels.reversed().joined(separator: [UInt8(ascii: ".")]))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
