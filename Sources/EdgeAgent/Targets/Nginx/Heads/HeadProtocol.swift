/// What an upstream spoke, and so what the head of a stored response looks like: nginx stores it as it came.
enum HeadProtocol {
    /// Lines: HTTP/1, or CGI, whose first line is a field such as `Status: 200 OK` (scgi, uwsgi).
    case text
    /// FastCGI records around CGI lines (fastcgi_cache).
    case fastCGI
    /// HTTP/2 frames (`proxy_http_version 2`).
    case http2

    /// Tells it by the first bytes; nil for a head in none of these.
    ///
    /// They cannot be mistaken for each other. A head has less than 64 KiB, as nginx keeps its end in 16 bits, so the
    /// first byte of an HTTP/2 frame, the highest of its length, is 0. FastCGI begins with its version, 1, and lines
    /// with a letter. An empty head is that of HTTP/0.9.
    init?(_ head: Span<UInt8>) {
        guard head.count > 0 else {
            self = .text
            return
        }
        switch head[0] {
        case 0: self = .http2
        case FastCGIHead.version: self = .fastCGI
        default:
            guard Self.isText(head) else { return nil }
            self = .text
        }
    }

    /// Whether the first line is a status line or a field, or empty.
    private static func isText(_ head: Span<UInt8>) -> Bool {
        for index in 0..<head.count {
            switch head[index] {
            case UInt8(ascii: ":"): return index > 0
            case UInt8(ascii: "/"): return index == 4 && isHTTP(head)
            case UInt8(ascii: "\r"), UInt8(ascii: "\n"): return index == 0
            case 0..<0x20, 0x7F...0xFF: return false
            default: continue
            }
        }
        return false
    }

    private static func isHTTP(_ head: Span<UInt8>) -> Bool {
        "HTTP/".utf8.enumerated().allSatisfy { $0.offset < head.count && head[$0.offset] == $0.element }
    }
}
