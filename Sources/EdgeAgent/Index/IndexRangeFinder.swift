import PurgeModel

/// Finds the runs of index entries that a purge names, one after the other.
///
/// One purge may name tens of thousands of URLs, or tags on as many hosts each. So what it names is looked up when its
/// turn comes, and not all before the first object is purged.
struct IndexRangeFinder {
    /// The kinds of selectors, in the order in which they are looked up.
    private enum Kind {
        case everything, hosts, urls, prefixes, tags, none
    }

    private let selectors: Selectors
    private let scope: Scope
    private let forms: URLForms
    private var kind = Kind.everything
    /// Which selector of the kind is next, and which pattern of the scope.
    private var item = 0
    private var pattern = 0
    /// Where to go on among the names of hosts or labels that the pattern means; nil: at their beginning.
    private var cursor: [UInt8]?
    private var found: ArraySlice<IndexRange> = []
    /// The host that was looked up last: lists of URLs are mostly of one.
    private var last: (host: HostName, number: UInt32?)?

    /// Names read in one look.
    private static let namesMax = 256

    init(_ selectors: Selectors, _ scope: Scope, _ forms: URLForms) {
        self.selectors = selectors
        self.scope = scope
        self.forms = forms
        skip()
    }

    /// A finder that finds nothing.
    static var nothing: IndexRangeFinder { IndexRangeFinder(Selectors(), .none, URLForms(.cloudflare)) }

    /// Whether there are no more.
    var isThrough: Bool { kind == .none && found.isEmpty }

    /// The next run; nil when there is none, or when so many looks were not enough to find it.
    ///
    /// - Parameter looks: look-ups that it may take, less those it took.
    mutating func next(_ index: Index, _ looks: inout Int) throws -> IndexRange? {
        while found.isEmpty, kind != .none, looks > 0 {
            looks -= 1
            found = try look(index)[...]
            skip()
        }
        return found.popFirst()
    }

    private mutating func look(_ index: Index) throws -> [IndexRange] {
        switch kind {
        case .none: return []
        case .everything:
            // What nobody can take apart has no host that a pattern could mean.
            if case .any = scope.patterns[pattern] {
                item += 1
                return [IndexRange(.urls, prefix: [])]
            }
            return try named(index, IndexKeys.hostName([])).map { IndexRange(.urls, prefix: IndexKeys.urlPrefix($0)) }
        case .hosts:
            defer { item += 1 }
            return try number(selectors.hosts[item], index)
                .map { [IndexRange(.urls, prefix: IndexKeys.urlPrefix($0))] } ?? []
        case .urls:
            defer { item += 1 }
            let url = selectors.urls[item]
            guard let number = try number(url.host, index) else { return [] }
            return forms.targets(of: url).map { target, isOpen in
                IndexRange(.urls, prefix: IndexKeys.urlPrefix(number, isOpen ? target : target + [0]))
            }
        case .prefixes:
            defer { item += 1 }
            let prefix = selectors.prefixes[item]
            guard let number = try number(prefix.host, index) else { return [] }
            return forms.targets(of: prefix).flatMap { path, isText in
                isText
                    ? [IndexRange(.urls, prefix: IndexKeys.urlPrefix(number, path))]
                    : Self.ranges(ofPath: path, host: number)
            }
        case .tags:
            let start = IndexKeys.labelName(selectors.tags[item].bytes, [])
            return try named(index, start).map { IndexRange(.tags, prefix: IndexKeys.labelPrefix($0)) }
        }
    }

    /// The next numbers that the pattern means; then it is the next pattern's turn, and after the last one the next
    /// selector's.
    private mutating func named(_ index: Index, _ start: [UInt8]) throws -> [UInt32] {
        let found = try index.numbers(
            matching: scope.patterns[pattern], startingWith: start, from: cursor, limit: Self.namesMax)
        cursor = found.next
        guard cursor == nil else { return found.numbers }
        pattern += 1
        if pattern == scope.patterns.count { (item, pattern) = (item + 1, 0) }
        return found.numbers
    }

    private mutating func number(_ host: HostName, _ index: Index) throws -> UInt32? {
        if let last, last.host == host { return last.number }
        let number = try index.hostNumber(Array(host.reversed.utf8))
        last = (host, number)
        return number
    }

    /// Goes on to the next kind until there is something of it.
    private mutating func skip() {
        while item >= count, let next { (kind, item, pattern) = (next, 0, 0) }
    }

    private var next: Kind? {
        switch kind {
        case .everything: .hosts
        case .hosts: .urls
        case .urls: .prefixes
        case .prefixes: .tags
        case .tags: Kind.none
        case .none: nil
        }
    }

    /// Selectors of the present kind.
    private var count: Int {
        switch kind {
        case .everything: selectors.everything && !scope.isEmpty ? 1 : 0
        case .hosts: selectors.hosts.count
        case .urls: selectors.urls.count
        case .prefixes: selectors.prefixes.count
        case .tags: scope.isEmpty ? 0 : selectors.tags.count
        case .none: 0
        }
    }

    /// Whole path segments: `/a/b` names itself, `/a/b?…` and `/a/b/…`, never `/a/bc`.
    private static func ranges(ofPath path: [UInt8], host: UInt32) -> [IndexRange] {
        if path.isEmpty || path.last == UInt8(ascii: "/") {
            return [IndexRange(.urls, prefix: IndexKeys.urlPrefix(host, path))]
        }
        return [0, UInt8(ascii: "?"), UInt8(ascii: "/")].map {
            IndexRange(.urls, prefix: IndexKeys.urlPrefix(host, path + [$0]))
        }
    }
}
