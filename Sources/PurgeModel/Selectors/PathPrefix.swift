/// A directory to purge: a host and the first segments of a path.
///
/// Cloudflare calls a prefix both "a directory" and "starts with". It is whole segments here: `host/a/b` names `/a/b`,
/// `/a/b?x` and `/a/b/c`, and not `/a/bc`. With a slash at its end it names what is below: `host/a/` names `/a/`,
/// `/a/x` and `/a/?x`, and not `/a`. `host` and `host/` name the whole host.
package struct PathPrefix: Sendable, Hashable, CustomStringConvertible {
    package let host: HostName

    /// The path, beginning with `/`; empty for the whole host.
    package let path: [UInt8]

    /// Reads `host` or `host/path`: no scheme, query, fragment, spaces or control characters, at most 31 slashes.
    package init(validating text: String) throws(SelectorError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= Limits.urlBytesMax else {
            throw .invalidPrefix(QuotedValue(text), "it is longer than \(Limits.urlBytesMax) bytes")
        }
        guard !bytes.contains(UInt8(ascii: "?")), !bytes.contains(UInt8(ascii: "#")) else {
            throw .invalidPrefix(
                QuotedValue(text), "a prefix has no query and no fragment; objects below it go whatever their query")
        }
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw .invalidPrefix(QuotedValue(text), "spaces and control characters must be percent-encoded")
        }
        let separators = bytes.count { $0 == UInt8(ascii: "/") }
        guard separators <= Limits.prefixSeparatorsMax else {
            throw SelectorError(
                .prefixTooDeep,
                message: "Prefix \(QuotedValue(text)) has \(separators) path separators; at most "
                    + "\(Limits.prefixSeparatorsMax) are allowed. Purge a directory above it.")
        }
        let hostEnd = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
        guard bytes[..<hostEnd].last != UInt8(ascii: ":") else {
            throw .invalidPrefix(QuotedValue(text), "a prefix has no scheme; write www.example.com/foo")
        }
        do throws(SelectorError) {
            host = try HostName(validating: bytes.span.extracting(0..<hostEnd))
        } catch {
            throw SelectorError(
                error.code,
                message: "Invalid prefix \(QuotedValue(text)): \(error.message)")
        }
        path = Self.canonical(Array(bytes[hostEnd...]))
    }

    private init(host: HostName, path: [UInt8]) {
        self.host = host
        self.path = Self.canonical(path)
    }

    /// The same prefix with its path normalised as the cache normalises the targets it is compared with.
    package func normalized(by normalization: URLNormalization) -> PathPrefix {
        PathPrefix(host: host, path: normalization.normalize(path))
    }

    /// Whether a target (path and query) of this host is named.
    ///
    /// Both sides must have been normalised the same way.
    package func matches(normalizedTarget target: Span<UInt8>) -> Bool {
        guard target.count >= path.count else { return false }
        for index in 0..<path.count where path[index] != target[index] {
            return false
        }
        guard let last = path.last, last != UInt8(ascii: "/"), target.count > path.count else { return true }
        let next = target[path.count]
        return next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
    }

    /// As ``matches(normalizedTarget:)-(Span<UInt8>)``.
    package func matches(normalizedTarget target: [UInt8]) -> Bool {
        matches(normalizedTarget: target.span)
    }

    /// `host` or `host/path`.
    package var description: String {
        host.name + String(decoding: path, as: UTF8.self)
    }

    private static func canonical(_ path: [UInt8]) -> [UInt8] {
        path == [UInt8(ascii: "/")] ? [] : path
    }
}
