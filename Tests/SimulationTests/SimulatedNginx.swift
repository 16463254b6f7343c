import PurgeModel

/// nginx, as far as its cache goes: fetches that begin, get a head and land, and 304s that renew what is there.
struct SimulatedNginx {
    /// A request on its way to the origin and back.
    private struct Fetch {
        let page: Int
        /// What the origin has at the beginning.
        let version: Int
        let began: Int64
        /// The file that is to be renewed; nil: a new one comes.
        let renews: UInt64?
        var head: Head?
    }

    private struct Head {
        let at: Int64
        let wall: Int64
        let jump: Int64
    }

    private let directories: [MemoryDirectory]
    private let clock: SimulatedClock
    private var fetches: [Fetch] = []

    /// No fetch takes longer, in milliseconds: what takes longer is given up, as an operator who sets `guard.window`
    /// makes sure.
    static let fetchMax: Int64 = 2900
    /// How long a page is fresh, in seconds.
    private static let freshness: Int64 = 100 * 86_400

    init(_ directories: [MemoryDirectory], _ clock: SimulatedClock) {
        self.directories = directories
        self.clock = clock
    }

    private func directory(_ page: Int) -> MemoryDirectory { directories[page % directories.count] }

    /// The file of a page.
    func file(_ page: Int) -> MemoryDirectory.File? { directory(page).files[page] }

    var count: Int { fetches.count }

    /// Begins to fetch a page; its answer is of this version, whenever it lands.
    mutating func begin(_ page: Int, version: Int) {
        fetches.append(Fetch(page: page, version: version, began: clock.passed, renews: nil))
    }

    /// Asks the origin whether a page has changed.
    mutating func revalidate(_ page: Int, version: Int) {
        guard let file = file(page), !file.isDeleted else { return }
        let isSame = file.version == version
        fetches.append(
            Fetch(page: page, version: version, began: clock.passed, renews: isSame ? file.generation : nil))
    }

    /// The next thing happens to a fetch: its head comes, or it lands.
    mutating func goOn(_ index: Int) {
        var fetch = fetches[index]
        let now = clock.passed
        if now - fetch.began > Self.fetchMax {
            fetches.remove(at: index)
        } else if let head = fetch.head {
            fetches.remove(at: index)
            land(fetch, head)
        } else {
            fetch.head = Head(at: now, wall: clock.now.milliseconds, jump: clock.jump)
            fetches[index] = fetch
        }
    }

    private func land(_ fetch: Fetch, _ head: Head) {
        let file = MemoryDirectory.File(
            version: fetch.version, born: head.wall, changed: clock.now.milliseconds, date: head.wall / 1000,
            validUntil: head.wall / 1000 + Self.freshness, began: fetch.began, head: head.at, landed: clock.passed,
            jump: head.jump)
        guard let generation = fetch.renews else { return directory(fetch.page).land(file, page: fetch.page) }
        directory(fetch.page).renew(fetch.page, generation: generation) { old in
            (old.changed, old.date, old.validUntil) = (file.changed, file.date, file.validUntil)
            (old.began, old.head, old.landed, old.jump) = (file.began, file.head, file.landed, file.jump)
        }
    }

    func evict(_ page: Int) { directory(page).evict(page) }

    /// Everything on its way is lost.
    mutating func crash() { fetches = [] }
}
