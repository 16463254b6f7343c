import NIOHTTP1
import TestSupport

/// Reads pages through all caches, all the time.
struct TortureReader: Sendable {
    let environment: DevEnvironment
    let ledger: TortureLedger

    /// Between two reads of one reader: the machine has other things to do.
    private static let pause = Duration.milliseconds(10)

    /// Reads until the task is cancelled.
    func run(_ generator: SeededGenerator) async {
        var random = generator
        while !Task.isCancelled {
            let cache = random.pick(environment.ready.caches)
            if random.once(in: 10) {
                let page = random.pick(TorturePage.bystanders)
                await readBystander(page, cache, encoding: random.pick(page.encodings))
            } else {
                // A slice is heavy.
                var page = random.pick(TorturePage.all)
                if page.kind == .slice, !random.once(in: 4) { page = random.pick(TorturePage.all) }
                await read(page, cache, encoding: random.pick(page.encodings))
            }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Reads one page and notes what it was.
    func read(_ page: TorturePage, _ cache: DevEnvironment.Cache, encoding: String?) async {
        let floor = ledger.floor(page)
        let begin = ContinuousClock.now
        guard
            let answer = try? await environment.web.page(cache, page.target, host: page.host, encoding: encoding),
            answer.status == 200 || answer.status == 206, let version = Int(answer.version)
        else {
            if !Task.isCancelled { ledger.readFailed() }
            return
        }
        ledger.read(
            page, cache.agent, version: oldest(in: answer, version, page), status: answer.cacheStatus, floor: floor,
            begin: begin)
    }

    /// Reads each page of each cache once.
    func readAll() async {
        await withTaskGroup(of: Void.self) { group in
            for cache in environment.ready.caches {
                for kind in TorturePage.Kind.allCases {
                    group.addTask {
                        for page in TorturePage.all where page.kind == kind {
                            for encoding in page.encodings { await read(page, cache, encoding: encoding) }
                        }
                    }
                }
            }
        }
    }

    private func readBystander(_ page: TorturePage, _ cache: DevEnvironment.Cache, encoding: String?) async {
        let begin = ContinuousClock.now
        guard
            let answer = try? await environment.web.page(cache, page.target, host: page.host, encoding: encoding),
            answer.status == 200
        else {
            if !Task.isCancelled { ledger.readFailed() }
            return
        }
        ledger.readBystander(page, cache.agent, encoding: encoding, status: answer.cacheStatus, begin: begin)
    }

    /// The lowest version in what was read: slices of one file could be of several.
    private func oldest(in answer: WebClient.Page, _ version: Int, _ page: TorturePage) -> Int {
        guard page.kind == .slice else { return version }
        // The body repeats one line; the last whole one is of the last slice.
        let lines = answer.body.suffix(400).split(separator: UInt8(ascii: "\n")).dropFirst().dropLast()
        let last = lines.last.map { String(decoding: $0, as: UTF8.self) }
        return min(version, last?.split(separator: " ").last.flatMap { Int($0) } ?? version)
    }
}
