extension EventFormat {
    /// Wikimedia's `resource_change` 1.0.0: one URL has changed.
    ///
    /// Its `tags` say why it did; they are no cache tags.
    static let resourceChange = EventFormat(
        name: "resource-change",
        detects: { source in
            guard source.fields.has("$schema"), let schema = try? source.fields.string("$schema") else { return false }
            // Most have nothing before it, and a look at the beginning is cheap.
            return schema.hasPrefix("/resource_change/1.") || schema.contains("/resource_change/1.")
        },
        draft: { source throws(PurgeEventError) in
            guard let meta = try source.fields.object("meta") else {
                throw PurgeEventError(.missingField, "\(source.fields.path(to: "meta")) is missing.")
            }
            guard let uri = try meta.string("uri"), !uri.isEmpty else {
                throw PurgeEventError(.missingField, "meta.uri is missing; it names the URL to purge.")
            }
            let time = try meta.string("dt")
            let domain = try meta.string("domain")
            let stream = try meta.string("stream") ?? "resource_change"
            var draft = PurgeEventDraft()
            // The id is optional in this schema; what was changed and when then tells the events of a stream apart.
            draft.id = .foreign(try meta.string("id") ?? "\(uri) \(time ?? "")", source: stream)
            draft.zone = domain
            draft.named = .url(absolute(uri, domain: domain), field: "meta.uri")
            draft.acceptedAt = time.map { ("meta.dt", $0) }
            draft.source = stream
            return .purge(draft)
        }
    )

    /// `meta.uri` may be a reference; a domain and a path then make the URL.
    ///
    /// The scheme plays no part in matching.
    private static func absolute(_ uri: String, domain: String?) -> String {
        if uri.hasPrefix("//") { return "https:\(uri)" }
        if uri.hasPrefix("/"), let domain { return "https://\(domain)\(uri)" }
        return uri
    }
}
