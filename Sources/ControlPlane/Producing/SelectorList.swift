/// The lists of keys that a purge can name.
enum SelectorList: String, Sendable, Hashable, CaseIterable {
    case urls, tags, hosts, prefixes
}
