import Foundation
import NIOHTTP1
import PurgeModel
import TestSupport

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// Some generated configurations under one nginx and one agent: fills them, purges by each selector, and looks what
/// visitors get.
struct CaseRun {
    private let plan: CasePlan
    private let caches: [CacheCase]
    private let pages: [CasePage]
    private let folder: TemporaryDirectory
    private let log: String?
    /// Whether the agent dies between the last fill and the first purge.
    private let kills: Bool
    /// Whether purges mark stale and do not delete.
    private let invalidates: Bool
    /// Whether `edge-purge setup` tells the agent of the caches, from nginx's configuration.
    private let isSetUp: Bool

    /// What nginx made of the key of each page, and in which cache.
    private var keys: [String] = []
    private var named: Set<Int> = []
    /// Told already: what one purge missed stays with the next.
    private var stale: Set<Int> = []
    private(set) var report = CaseReport()

    init(_ plan: CasePlan, _ numbers: Range<Int>) throws {
        self.plan = plan
        folder = try TemporaryDirectory()
        var random = plan.generator(1_000_000 + numbers.lowerBound)
        let log = random.once(in: 2) ? folder.path + "/fetch.log" : nil
        kills = random.once(in: 3)
        invalidates = random.once(in: 3)
        isSetUp = random.once(in: 2)
        self.log = log
        let network = "127.\(Int.random(in: 1...254)).\(Int.random(in: 0...254))"
        let port = Int.random(in: 20_000...32_000)
        var caches: [CacheCase] = []
        var pages: [CasePage] = []
        for number in numbers {
            var generator = CaseGenerator(plan.generator(number), number: number)
            let cache = generator.cache(
                hasLog: log != nil, canBeMistaken: !isSetUp, network: network, port: port)
            caches.append(cache)
            pages += generator.pages(of: cache)
        }
        self.caches = caches
        self.pages = pages
    }

    /// Tries all of them.
    mutating func run() async throws {
        let http = CaseKey.maps + "\nlog_subrequest on;\n" + caches.map { $0.nginx(in: folder.path, log: log) }.joined()
        let agent = try isSetUp ? setUp(http) : caches.map { $0.agent(in: folder.path) }.joined()
        var run = self
        try await DevEnvironment.run(options: ["--caches", "1"]) { environment in
            try await CaseMachine.with(
                environment, folder, seed: plan.seed, http: http, caches: agent, log: log
            ) { machine in try await run.run(machine) }
        }
        self = run
    }

    /// What `edge-purge setup` writes under `caches`.
    private func setUp(_ http: String) throws -> String {
        var wishes = AgentSetup.Wishes(
            configuration: "/agent.yaml", snippets: folder.path + "/edge-purge", units: folder.path + "/units")
        wishes.accessLog = log
        let setup = try AgentSetup(
            NginxDump(RealNginx.configuration(folder.path, http: http), name: "nginx.conf"),
            NginxBuild("", prefix: folder.path), wishes, existing: nil)
        let text = setup.changes.last?.new ?? ""
        guard let start = text.range(of: "\ncaches:\n") else {
            throw NeverHappened(what: "agent.yaml has caches: \(text) \(setup.problems)")
        }
        let rest = text[start.upperBound...]
        return rest[..<(rest.range(of: "\n\n")?.lowerBound ?? rest.endIndex)] + "\n"
    }

    private mutating func run(_ machine: CaseMachine) async throws {
        for page in pages { machine.origin.set(page.reply, for: page.id) }
        try await fill(machine.origin)
        if kills { try await machine.killAgent() }
        try await waitUntilIndexed(machine)
        machine.origin.publish(version: 2)
        for round in CasePage.Round.allCases { try await purge(round, machine.environment) }
    }

    // MARK: Visitors

    private func visit(_ page: CasePage) async throws -> RawVisitor.Answer {
        let cache = caches[page.cache - caches[0].number]
        let target = page.isAbsolute ? "http://\(page.host)\(page.target)" : page.target
        return try await RawVisitor(address: cache.address, port: cache.port).ask(
            Array(target.utf8), method: page.method, headers: page.headers, body: Array(page.body.utf8))
    }

    /// Visits all pages until each comes from the cache.
    private mutating func fill(_ origin: CaseOrigin) async throws {
        for page in pages {
            var answer = try await visit(page)
            try await eventually("\(page.url) is cached; \(answer.status)") {
                let before = origin.requests(for: page.id)
                answer = try await visit(page)
                return answer.status == page.reply.status && origin.requests(for: page.id) == before
            }
            keys.append("\(page.cache) \(String(decoding: answer.headers["x-key"] ?? [], as: UTF8.self))")
        }
    }

    // MARK: Purges

    /// What fits no key has been told before the first purge.
    private mutating func waitUntilIndexed(_ machine: CaseMachine) async throws {
        let mistaken = Set(caches.filter(\.isMistaken).map(\.number))
        let least = Set(pages.indices.filter { mistaken.contains(pages[$0].cache) }.map { keys[$0] }).count
        // What is learnt is unmatched until then as well, and counts for nothing here.
        let most = try caches.filter(\.isMistaken).map(fileCount).reduce(0, +)
        var status = JSONValue.null
        do {
            try await eventually("the agent has learnt everything", within: .seconds(15)) {
                status = try await machine.status()
                let unmatched = status["counts"]["unmatched"].int ?? 0
                let files = status["counts"]["objects_indexed"].int ?? 0
                return files >= Set(keys).count && (least...max(least, most)).contains(unmatched)
            }
        } catch {
            report.add(
                .unmatched, caches.map(\.number),
                "\(least) keys fit nothing; the agent tells: \(status["counts"]), "
                    + "problem: \(status["problem"])")
        }
    }

    /// How many files there are in a cache.
    private func fileCount(of cache: CacheCase) throws -> Int {
        try FileManager.default.subpathsOfDirectory(atPath: cache.path(in: folder.path))
            .count { ($0.split(separator: "/").last?.count ?? 0) == 32 }
    }

    private mutating func purge(_ round: CasePage.Round, _ environment: DevEnvironment) async throws {
        let own = pages.indices.filter { pages[$0].round == round }
        let selectors = selectors(own, round)
        for body in try bodies(selectors, round) { try await environment.purge(body, invalidate: invalidates) }
        named.formUnion(names(selectors, own, round))
        let keys = self.keys
        let known = Set(named.map { keys[$0] })
        named.formUnion(pages.indices.filter { known.contains(keys[$0]) })
        for number in pages.indices {
            let answer = try await visit(pages[number])
            let text = answer.text("x-version") + String(decoding: answer.body, as: UTF8.self)
            let isOld = text.contains("v1")
            let isNew = text.contains("v2")
            report.visits += 1
            if named.contains(number) {
                guard isOld || !isNew, stale.insert(number).inserted else { continue }
                try found(.stale, number, round, answer)
            } else if isNew {
                named.insert(number)
                if try isStrict(number) { try found(.overPurged, number, round, answer) }
            }
        }
    }

    /// What the visitors would write; what the API refuses at once is counted.
    private mutating func selectors(_ own: [Int], _ round: CasePage.Round) -> [String] {
        var selectors: [String] = []
        for page in own.map({ pages[$0] }) {
            let isAccepted =
                switch round {
                case .url: (try? PurgeURL(validating: page.url)) != nil
                case .prefix: (try? PathPrefix(validating: page.prefix)) != nil
                default: true
                }
            guard isAccepted else {
                report.refused += 1
                continue
            }
            switch round {
            case .url: selectors.append(page.url)
            case .tag: selectors += page.tags
            case .prefix: selectors.append(page.prefix)
            case .host: selectors.append(page.host)
            case .everything: break
            }
        }
        return Array(Set(selectors)).sorted()
    }

    private func bodies(_ selectors: [String], _ round: CasePage.Round) throws -> [String] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        let name =
            switch round {
            case .url: "files"
            case .tag: "tags"
            case .prefix: "prefixes"
            case .host: "hosts"
            case .everything: "purge_everything"
            }
        guard round != .everything else { return ["{\"\(name)\":true}"] }
        return try stride(from: 0, to: selectors.count, by: Limits.keysPerRequestMax).map { start in
            let some = Array(selectors[start..<min(start + Limits.keysPerRequestMax, selectors.count)])
            return String(decoding: try encoder.encode([name: some]), as: UTF8.self)
        }
    }

    /// The pages that the selectors of a round name.
    private func names(_ selectors: [String], _ own: [Int], _ round: CasePage.Round) -> [Int] {
        let known = Set(selectors)
        switch round {
        case .url: return pages.indices.filter { known.contains(pages[$0].url) }
        case .tag: return own.filter { !known.isDisjoint(with: pages[$0].tags) }
        case .prefix: return own.filter { known.contains(pages[$0].prefix) }
        case .host:
            let hosts = Set(own.map { pages[$0].hostName })
            return pages.indices.filter { !hosts.isDisjoint(with: hostNames(pages[$0])) }
        case .everything: return Array(pages.indices)
        }
    }

    /// The hosts that a page's object has for the agent.
    private func hostNames(_ page: CasePage) -> [String] {
        let cache = cache(of: page)
        return cache.keys[page.place].needsHost && !cache.fixedHosts.isEmpty ? cache.fixedHosts : [page.hostName]
    }

    private func cache(of page: CasePage) -> CacheCase { caches[page.cache - caches[0].number] }

    // MARK: What is found

    /// Whether the agent must tell a page from all others: its key can be read in one way, and no warning says that
    /// purges take more.
    private func isStrict(_ number: Int) throws -> Bool {
        let page = pages[number]
        let cache = cache(of: page)
        // With a learnt key all objects of the cache are known by their decoded paths as well.
        if cache.isMistaken || cache.keys.count > 1 && cache.keys.contains(where: \.isLearnt) { return false }
        // Learnt objects are known by their decoded paths alone, so that neighbours may be one.
        if cache.keys[page.place].isLearnt { return !named.contains { pages[$0].unit == page.unit && $0 != number } }
        let templates = try cache.templates()
        guard templates.allSatisfy(\.warnings.isEmpty) else { return false }
        let key = Array(keys[number].utf8.drop { $0 != UInt8(ascii: " ") }.dropFirst())
        let readings = templates.compactMap { $0.parse(key[...], .cloudflare) }
        let others = pages.indices.filter { $0 != number && named.contains($0) && pages[$0].unit == page.unit }
        let normal = { (text: String) in URLNormalization.cloudflare.normalize(Array(text.utf8)) }
        guard !others.contains(where: { normal(pages[$0].target) == normal(page.target) }) else { return false }
        return readings.count == 1 && readings[0].targets.count == 1
            && readings[0].hosts.count <= max(1, cache.fixedHosts.count)
    }

    private mutating func found(
        _ kind: CaseReport.Kind, _ number: Int, _ round: CasePage.Round, _ answer: RawVisitor.Answer
    ) throws {
        let page = pages[number]
        let cache = cache(of: page)
        guard kind != .stale || !cache.isMistaken else { return report.announced += 1 }
        let fields = page.reply.fields.map { "\($0.name): \($0.value.prefix(60))" }
        let body = String(decoding: answer.body.prefix(20), as: UTF8.self)
        let keys = cache.keys.map { $0.nginx ?? "nginx's own" }
        report.add(
            kind, [cache.number],
            """
            by \(invalidates ? "invalidated " : "")\(round): \
            \(page.method) \(page.target) \(page.headers), key '\(self.keys[number])', tags \(page.tags), \
            to be purged by \(page.round); answer \(answer.status) \(answer.text("x-cache-status")), \
            \(answer.body.count) bytes '\(body)', head \(fields)
                \(cache.module)_cache_key \(keys); agent.yaml:
            \(cache.agent(in: folder.path))
            """)
    }
}
