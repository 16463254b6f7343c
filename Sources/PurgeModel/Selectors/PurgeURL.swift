/// One URL to purge.
///
/// It matches an object by host, normalised path and query. Scheme and port are kept out of it: a cache behind
/// something that ends TLS sees `http` for what the visitor asked as `https`. A `*` in it is a character like any
/// other.
package struct PurgeURL: Sendable, Hashable, CustomStringConvertible {
    /// The scheme as given; it is shown and passed on, and plays no part in matching.
    package enum Scheme: String, Sendable, Hashable {
        case http
        case https
    }

    package let scheme: Scheme
    package let host: HostName

    /// Path and query as given, without fragment; begins with `/`.
    ///
    /// Not normalised: how is the cache's configuration.
    package let target: [UInt8]

    /// Reads `http://host/path?query`.
    ///
    /// User names, spaces and control characters are refused; bytes outside ASCII are fine in path and query; a
    /// fragment is dropped, since no client sends it.
    package init(validating text: String) throws(SelectorError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.urlBytesMax else {
            throw SelectorError(
                .urlTooLong,
                message: "Unable to purge \(QuotedValue(text)): it has \(bytes.count) bytes, at most "
                    + "\(Limits.urlBytesMax) are allowed.")
        }
        let (scheme, hostStart) = try Self.scheme(of: bytes, text)
        let hostEnd = bytes[hostStart...].firstIndex(where: Self.endsAuthority) ?? bytes.count
        guard !bytes[hostStart..<hostEnd].contains(UInt8(ascii: "@")) else {
            throw .invalidURL(
                QuotedValue(text), "a user name before the host is not part of any cache key; leave it out")
        }
        let end = bytes[hostEnd...].firstIndex(of: UInt8(ascii: "#")) ?? bytes.count
        var target = Array(bytes[hostEnd..<end])
        guard !target.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .invalidURL(QuotedValue(text), "spaces and control characters must be percent-encoded")
        }
        if target.first != UInt8(ascii: "/") {
            target.insert(UInt8(ascii: "/"), at: 0)
        }
        do throws(SelectorError) {
            host = try HostName(validating: bytes.span.extracting(hostStart..<hostEnd))
        } catch {
            // The URL is what the caller gave, so the message names it; the code stays that of the host.
            throw SelectorError(
                error.code,
                message: "Unable to purge \(QuotedValue(text)): \(error.message)")
        }
        self.scheme = scheme
        self.target = target
    }

    package var description: String {
        "\(scheme.rawValue)://\(host.name)\(String(decoding: target, as: UTF8.self))"
    }

    private static func endsAuthority(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "#")
    }

    private static let beginnings = [Scheme.http, .https].map { ($0, Array("\($0.rawValue)://".utf8)) }

    private static func scheme(of bytes: [UInt8], _ text: String) throws(SelectorError) -> (Scheme, hostStart: Int) {
        for (scheme, start) in beginnings where bytes.count >= start.count {
            // `| 0x20` lowers letters; ':' and '/' have that bit set already.
            let isMeant = start.indices.allSatisfy { index in
                bytes[index] == start[index] || bytes[index] | 0x20 == start[index] && bytes[index] >= 0x41
            }
            if isMeant { return (scheme, start.count) }
        }
        throw .invalidURL(QuotedValue(text), "it must begin with http:// or https://")
    }
}
