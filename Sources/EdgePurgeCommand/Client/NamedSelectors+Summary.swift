import PurgeModel

extension NamedSelectors {
    /// The first of it, and how much more there is: `tag product-42 and 3 more`.
    var summary: String {
        if everything ?? false { return "everything" }
        let all = [("tag", tags), ("url", urls), ("host", hosts), ("prefix", prefixes)]
            .flatMap { kind, keys in (keys ?? []).map { "\(kind) \($0)" } }
        guard let first = all.first else { return "nothing" }
        return all.count == 1 ? first : "\(first) and \(all.count - 1) more"
    }
}
