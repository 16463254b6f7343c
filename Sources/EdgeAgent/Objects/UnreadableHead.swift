/// Why the head of a stored response could not be read to its end.
package enum UnreadableHead: String, Error, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    /// Neither HTTP/1 nor CGI, FastCGI records or HTTP/2 frames.
    case unknownProtocol = "unknown_protocol"
    /// The empty line, or the frame, that ends a head is not in it.
    case incomplete
    /// FastCGI records that are none.
    case damagedFastCGI = "damaged_fastcgi"
    /// HTTP/2 frames or a header block (HPACK) that cannot be decoded.
    case damagedHTTP2 = "damaged_http2"

    /// The name under which it is counted.
    package var name: String { rawValue }

    package var description: String {
        switch self {
        case .unknownProtocol: "its head is neither HTTP/1 nor CGI, FastCGI or HTTP/2"
        case .incomplete: "its head has no end"
        case .damagedFastCGI: "its head is not whole FastCGI records"
        case .damagedHTTP2: "the HTTP/2 frames or header block of its head cannot be decoded"
        }
    }
}
