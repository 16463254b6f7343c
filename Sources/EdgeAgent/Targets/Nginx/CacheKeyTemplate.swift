/// The value of `proxy_cache_key`, used backwards: it takes a stored key apart into host and request target.
///
/// Written as in nginx's configuration, for example `$scheme://$host$request_uri$slice_range`. Understood are
/// - `$scheme` (`http` or `https`) and `$request_method`, which are skipped,
/// - `$host`, `$http_host`, `$server_name`, `$proxy_host`, also with `:$server_port`: the host,
/// - `$request_uri`; `$uri` or `$document_uri`, alone or with `$is_args$args`: the path and query,
/// - `$slice_range`: `bytes=0-1048575` or nothing,
/// - any other variable: text up to the literal that follows it, or to the end.
///
/// With `$scheme$host…`, nginx's own default, a key such as `httpshop.example/` can be read in two ways (`http`,
/// `shop.example` and `https`, `hop.example`). Then the object is known under both hosts; a separator
/// (`$scheme://$host`) avoids that.
package struct CacheKeyTemplate: Sendable, Hashable {
    /// What one stored key says.
    package struct Key: Hashable, Sendable {
        /// The host as it stands in the key, possibly with a port; two where the key can be read in two ways.
        package var hosts: [[UInt8]]
        /// Path and query, as it stands in the key.
        package var target: [UInt8]
        /// Whether the object is one slice of a larger response.
        package var isSlice: Bool
    }

    private let parts: [CacheKeyPart]
    private let fixedHost: [UInt8]?

    /// Places tried where a part of a key could end.
    ///
    /// Bounds the time that a hostile key takes.
    private static let endsMax = 16

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: the value of `proxy_cache_key`, without quotes.
    ///   - host: the host of every object when the key has none.
    package init(_ text: String, host: String? = nil) throws(CacheKeyTemplateError) {
        parts = try CacheKeyPart.parts(of: text)
        let hasHost = parts.contains { $0.isHost }
        guard hasHost || host != nil else {
            throw CacheKeyTemplateError(
                "'\(text)' has no $host: add it to proxy_cache_key, or set 'host' for this cache"
            )
        }
        fixedHost = hasHost ? nil : host.map { Array($0.utf8) }
    }

    /// Takes a stored key apart; nil if it was not made by this template.
    package func parse(_ key: ArraySlice<UInt8>) -> Key? {
        var found: Key?
        parse(key, parts[...], host: fixedHost.map { $0[...] }, target: nil, isSlice: false, into: &found)
        return found
    }

    /// Tries every reading; the second and later ones differ only in the host.
    private func parse(
        _ key: ArraySlice<UInt8>, _ rest: ArraySlice<CacheKeyPart>, host: ArraySlice<UInt8>?,
        target: ArraySlice<UInt8>?, isSlice: Bool, into found: inout Key?
    ) {
        guard let part = rest.first else {
            if key.isEmpty, let host, let target { Self.take(host, target, isSlice: isSlice, into: &found) }
            return
        }
        let next = rest.dropFirst()
        switch part {
        case .literal(let bytes):
            guard key.starts(with: bytes) else { return }
            parse(key.dropFirst(bytes.count), next, host: host, target: target, isSlice: isSlice, into: &found)
        case .scheme:
            for scheme in ["https", "http"] where key.starts(with: scheme.utf8) {
                let behind = key.dropFirst(scheme.utf8.count)
                parse(behind, next, host: host, target: target, isSlice: isSlice, into: &found)
            }
        case .method:
            for method in Self.methods where key.starts(with: method) {
                let behind = key.dropFirst(method.count)
                parse(behind, next, host: host, target: target, isSlice: isSlice, into: &found)
            }
        case .host:
            for end in Self.ends(ofHostIn: key, before: next.first) {
                parse(key[end...], next, host: key[..<end], target: target, isSlice: isSlice, into: &found)
            }
        case .target(let dropsEmptyQuery):
            // An absolute request without a path (`GET http://shop.example?a`) has a $request_uri without a slash.
            guard key.first == UInt8(ascii: "/") || key.first == UInt8(ascii: "?") else { return }
            let before = found
            for end in Self.ends(ofTargetIn: key, before: next) {
                var target = key[..<end]
                if dropsEmptyQuery, target.last == UInt8(ascii: "?") { target = target.dropLast() }
                parse(key[end...], next, host: host, target: target, isSlice: isSlice, into: &found)
                // The first reading that fits is the one: the target is the longest possible.
                if found != before { return }
            }
        case .slice:
            let end = CacheKeyPart.end(ofSliceIn: key)
            let behind = key[(end ?? key.startIndex)...]
            parse(behind, next, host: host, target: target, isSlice: isSlice || end != nil, into: &found)
        case .other:
            guard case .literal(let stop)? = next.first else {
                return parse(key[key.endIndex...], next, host: host, target: target, isSlice: isSlice, into: &found)
            }
            guard let start = key.firstIndex(of: stop) else { return }
            parse(key[start...], next, host: host, target: target, isSlice: isSlice, into: &found)
        }
    }

    private static func take(
        _ host: ArraySlice<UInt8>, _ target: ArraySlice<UInt8>, isSlice: Bool, into found: inout Key?
    ) {
        let slash = target.first == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        if found == nil {
            found = Key(hosts: [Array(host)], target: slash + target, isSlice: isSlice)
        } else if let key = found, key.hosts.count < 2, !key.hosts.contains(Array(host)), key.target == slash + target {
            found?.hosts.append(Array(host))
        }
    }

    /// A host is as long as it can be, unless what must follow it could be part of it (`$host:443`).
    private static func ends(ofHostIn key: ArraySlice<UInt8>, before next: CacheKeyPart?) -> [Int] {
        let end = key.firstIndex { !isHostByte($0) } ?? key.endIndex
        guard end > key.startIndex else { return [] }
        guard case .literal(let stop)? = next, let first = stop.first, isHostByte(first) else { return [end] }
        return key.lastIndices(of: stop, max: endsMax).filter { $0 > key.startIndex && $0 <= end }
    }

    /// Where a target may end, the likeliest first: at the last occurrence of what must follow it.
    private static func ends(ofTargetIn key: ArraySlice<UInt8>, before next: ArraySlice<CacheKeyPart>) -> [Int] {
        switch next.first {
        case .literal(let stop):
            return key.lastIndices(of: stop, max: endsMax)
        case .slice:
            let slices = key.lastIndices(of: Array("bytes=".utf8), max: endsMax)
                .filter { CacheKeyPart.end(ofSliceIn: key[$0...]) != nil }
            return slices + ends(ofTargetIn: key, before: next.dropFirst())
        default:
            return [key.endIndex]
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3a, 0x41...0x5b, 0x5d, 0x5f, 0x61...0x7a, 0x2d, 0x2e: true  // 0-9 : A-Z [ ] _ a-z - .
        default: false
        }
    }

    /// The methods whose responses nginx can be told to cache (`proxy_cache_methods`).
    ///
    /// The host that may follow can be in capitals too.
    private static let methods = ["GET", "HEAD", "POST"].map { Array($0.utf8) }
}

extension ArraySlice<UInt8> {
    /// Where a run of bytes first occurs.
    fileprivate func firstIndex(of run: [UInt8]) -> Int? {
        indices.first { self[$0] == run[0] && self[$0...].starts(with: run) }
    }

    /// Where a run of bytes occurs, from the end, at most `max` places.
    fileprivate func lastIndices(of run: [UInt8], max: Int) -> [Int] {
        var found: [Int] = []
        for index in indices.reversed() where self[index] == run[0] && self[index...].starts(with: run) {
            found.append(index)
            if found.count == max { break }
        }
        return found
    }
}
