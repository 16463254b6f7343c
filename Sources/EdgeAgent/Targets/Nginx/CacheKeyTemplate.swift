package import PurgeModel

/// The value of `proxy_cache_key`, used backwards: it takes a stored key apart into host and request target.
///
/// Written as in nginx's configuration, for example `$scheme://$host$request_uri$slice_range`. What each variable is,
/// ``CacheKeyPart/variable(_:)`` says; those that nobody knows are any text.
///
/// A key may be read in several ways: with `$scheme$host…`, `httpshop.example/` is `http` and `shop.example`, or
/// `https` and `hop.example`. Then the object has all these hosts and targets. Where a target cannot be told from what
/// follows it (`$request_uri$cookie_lang`), or the ways are too many, it is text (``TargetForm/isText``).
package struct CacheKeyTemplate: Sendable, Hashable, CustomStringConvertible {
    /// As it was given.
    package let description: String

    /// What one stored key says: the object has each of the targets on each of the hosts.
    package struct Key: Hashable, Sendable {
        /// The host as it stands in the key, possibly with a port.
        package var hosts: [[UInt8]] = []
        /// As the index keeps them, see ``TargetForm``.
        package var targets: [[UInt8]] = []
        /// Whether the object is one slice of a larger response.
        package var isSlice = false
    }

    /// The form of the targets, and the one for keys that can be read in too many ways.
    let forms: [TargetForm]
    /// What an operator should know of this template: how purges by it take more than they name.
    package let warnings: [String]
    /// Whether the visitors' host is in the key; `hosts` do not count then.
    package let hasVisitorsHost: Bool
    private let parts: [CacheKeyPart]
    /// The hosts of every object where the key has none of the visitors'.
    private let fixedHosts: [[UInt8]]

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - text: the value of `proxy_cache_key`, as in nginx's configuration.
    ///   - hosts: the hosts of every object where the key has none, or none that a visitor knows (`$proxy_host`).
    ///   - values: what variables hold, by their names without `$`.
    package init(
        _ text: String, hosts: [String] = [], values: [String: CacheKeyVariable] = [:]
    ) throws(CacheKeyTemplateError) {
        description = text
        var parts = try CacheKeyParser.parts(of: text, values: values)
        guard parts.contains(where: \.isTarget) else {
            throw CacheKeyTemplateError("'\(text)' has no $request_uri or $uri: no purge could find an object by it")
        }
        let hasVisitors = parts.contains(.host(isVisitors: true))
        hasVisitorsHost = hasVisitors
        guard hasVisitors || !hosts.isEmpty || parts.contains(where: \.isHost) else {
            throw CacheKeyTemplateError(
                "'\(text)' has no $host: add it to proxy_cache_key, or set 'host' for this cache"
            )
        }
        fixedHosts = hasVisitors ? [] : hosts.map { Array($0.utf8) }
        // nginx's documentation gives its default key as $scheme$proxy_host$request_uri; what it stores has "://".
        if let place = parts.indices.dropLast().first(where: {
            parts[$0] == .variable("scheme") && parts[$0 + 1] == .host(isVisitors: false)
        }) {
            parts.insert(.texts(["://", ""]), at: place + 1)
        }
        self.parts = parts
        let form = Self.form(parts)
        forms = form.isText || !Self.hasPartsBehindTarget(parts) ? [form] : [form, Self.text(parts)]
        warnings = Self.warnings(parts, form, hosts: hosts, hasVisitors: hasVisitors)
    }

    /// Whether it is known what a variable of nginx's own holds.
    ///
    /// - Parameter name: without `$`.
    package static func knows(_ name: String) -> Bool { !CacheKeyPart.variable(name.lowercased()).isOther }

    /// Takes a stored key apart; nil if it was not made by this template.
    package func parse(_ key: ArraySlice<UInt8>, _ normalization: URLNormalization) -> Key? {
        var reader = CacheKeyReader(parts, key, fixedHosts: fixedHosts, form: forms[0], normalization)
        return reader.read(orAs: forms.last.flatMap { $0.isText ? $0 : nil })
    }

    private static func form(_ parts: [CacheKeyPart]) -> TargetForm {
        var names: [String] = []
        for part in parts {
            if case .openTarget(let form) = part { return form }
            if case .argument(let name) = part { names.append(name) }
        }
        if parts.contains(.sent) { return .visitor }
        if parts.contains(.query) { return TargetForm(path: .decoded, query: .whole) }
        return TargetForm(path: .decoded, query: names.isEmpty ? .none : .arguments(names))
    }

    /// The form of keys that can be read in too many ways.
    private static func text(_ parts: [CacheKeyPart]) -> TargetForm {
        let start = parts.firstIndex(where: \.isTarget) ?? 0
        let end = parts.last == .slice ? parts.count - 1 : parts.count
        return CacheKeyPart.text(parts[start..<max(start, end)])
    }

    /// Whether more than a slice follows the target, so that it may seem to end at many places.
    private static func hasPartsBehindTarget(_ parts: [CacheKeyPart]) -> Bool {
        let rest = parts[((parts.firstIndex(where: \.isTarget) ?? 0) + 1)...]
        return !rest.isEmpty && rest != [.slice]
    }

    private static func warnings(
        _ parts: [CacheKeyPart], _ form: TargetForm, hosts: [String], hasVisitors: Bool
    ) -> [String] {
        var warnings: [String] = []
        if form.isOpen {
            warnings.append(
                "what follows the path cannot be told from it, so a purge of a URL also takes all URLs that begin with "
                    + "it; put a separator such as '|' there, or list what the variable holds under 'values'")
        }
        if !hasVisitors, hosts.isEmpty {
            warnings.append(
                "its host is not the one that visitors ask for, so purges of theirs find nothing; set 'host' for this "
                    + "cache")
        }
        if hasVisitors, !hosts.isEmpty {
            warnings.append("it has the visitors' host, so 'host' does not count for it")
        }
        let host = parts.firstIndex(where: \.isHost) ?? 0
        if host > 0, parts[host - 1].isOther, hasVisitors || hosts.isEmpty {
            warnings.append(
                "what stands before the host cannot be told from it, so each object has many hosts and the index "
                    + "becomes several times as large; list what the variable holds under 'values'")
        }
        return warnings
    }
}
