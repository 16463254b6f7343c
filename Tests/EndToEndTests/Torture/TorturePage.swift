/// One page of the origin, which counts its versions by path.
struct TorturePage: Sendable, Hashable {
    /// What is special about it.
    enum Kind: String, CaseIterable, Sendable {
        case page, head, body, revalidate, vary, slice

        /// What the origin is asked to do: slow heads, slow bodies, short lives, several slices.
        var query: String {
            switch self {
            case .page, .vary: ""
            case .head: "&delay=400"
            case .body: "&body_delay=400&bytes=2000"
            case .revalidate: "&max_age=1&delay=150"
            case .slice: "&bytes=1500000&body_delay=100"
            }
        }
    }

    let kind: Kind
    let host: String
    let path: String
    let tag: String

    /// What is asked for.
    var target: String { "\(path)?tags=\(tag),all\(kind.query)" }
    /// The directory it is in, with its host: what a prefix purge names.
    var directory: String { host + path.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } }

    /// The encodings that readers ask for.
    var encodings: [String?] { kind == .vary ? ["gzip", "br", "identity"] : [nil] }

    private init(_ kind: Kind, host: String, folder: String, number: Int, tag: String) {
        self.kind = kind
        self.host = host
        self.tag = tag
        path = "/\(kind.rawValue)/\(host.split(separator: ".")[0])/\(folder)/\(number)"
    }

    /// All pages that purges name.
    static let all: [TorturePage] = {
        var pages: [TorturePage] = []
        for host in 0..<TorturePlan.hosts {
            for kind in Kind.allCases {
                for (folder, number) in [("a", 0), ("a", 1), ("ab", 2)] {
                    pages.append(
                        TorturePage(
                            kind, host: "h\(host).shop.example", folder: folder, number: number,
                            tag: "t\(pages.count % TorturePlan.tags)"))
                }
            }
        }
        return pages
    }()

    /// Pages that no purge names: in the zone, and in none.
    static let bystanders: [TorturePage] = ["keep.shop.example", "keep.elsewhere.example"].flatMap { host in
        [Kind.page, .vary].map { TorturePage($0, host: host, folder: "a", number: 0, tag: "keep") }
    }
}
