import Foundation
import TestSupport

/// Draws configurations and the pages that visitors ask for.
struct CaseGenerator {
    private var random: SeededGenerator
    private let number: Int
    /// Pages drawn so far.
    private var pages: [CasePage] = []
    private var units = 0

    /// - Parameter number: of the configuration in the run.
    init(_ random: SeededGenerator, number: Int) {
        self.random = random
        self.number = number
    }

    // MARK: Configurations

    /// Draws a configuration.
    ///
    /// - Parameters:
    ///   - hasLog: whether there is an access log, without which nothing can be learnt.
    ///   - canBeMistaken: whether agent.yaml may have a key that nothing fits.
    ///   - network: the first three numbers of this run's loopback addresses.
    mutating func cache(hasLog: Bool, canBeMistaken: Bool = true, network: String, port: Int) -> CacheCase {
        let module = random.once(in: 2) ? .proxy : random.pick([TinyOrigin.Module.fastcgi, .uwsgi, .scgi])
        var keys = [key(module, hasLog: hasLog)]
        if random.once(in: 4) { keys.append(key(module, hasLog: hasLog)) }
        let needsHost = keys.contains(where: \.needsHost)
        let hosts = random.pick([["shop.example"], ["shop.example", "www.shop.example"]])
        let isMistaken = keys.count == 1 && !keys[0].isLearnt && random.once(in: 12) && canBeMistaken
        return CacheCase(
            number: number, module: module, keys: keys, fixedHosts: needsHost && !isMistaken ? hosts : [],
            levels: random.pick([nil, "1", "2", "1:2", "1:2", "2:2", "1:1:1", "2:1:2"]),
            usesTemporaryPath: random.once(in: 2), givesValues: !random.once(in: 4), isMistaken: isMistaken,
            hasOddRecords: random.once(in: 2), options: options(module), address: "\(network).\(number % 250 + 1)",
            port: port)
    }

    private mutating func options(_ module: TinyOrigin.Module) -> [String] {
        let name = module.rawValue
        let all = [
            "merge_slashes off;", "\(name)_cache_min_uses 2;", "\(name)_cache_lock on;",
            "open_file_cache max=100;",
            // Visitors are not to see them; nginx stores them all the same.
            Set(Self.tagHeaders.map { $0.lowercased() }).sorted().map { "\(name)_hide_header \($0);" }
                .joined(separator: " "),
        ]
        return all.filter { _ in random.once(in: 4) }
    }

    private mutating func key(_ module: TinyOrigin.Module, hasLog: Bool) -> CaseKey {
        if hasLog, random.once(in: 5) { return random.pick(CaseKey.unreadable) }
        if hasLog, random.once(in: 6) { return random.pick(CaseKey.rewritten) }
        if module == .proxy, random.once(in: 6) { return .ofNginx(upstream: "backend\(number)") }
        return random.pick(
            CaseKey.all.filter { module == .proxy || !$0.hasSlices && !$0.variables.contains("proxy_host") })
    }

    // MARK: Pages

    /// Draws pages for all rounds.
    mutating func pages(of cache: CacheCase) -> [CasePage] {
        pages = []
        for place in cache.keys.indices {
            for _ in 0..<4 { byURL(cache, place) }
            for _ in 0..<3 { byTag(cache, place) }
            for _ in 0..<2 { byPrefix(cache, place) }
            for _ in 0..<2 {
                add(page(cache, place, .host, host: Self.otherHosts))
                add(page(cache, place, .everything))
            }
        }
        return pages
    }

    private mutating func byURL(_ cache: CacheCase, _ place: Int) {
        let one = page(cache, place, .url)
        add(one)
        // The same page for a visitor of another kind.
        if random.once(in: 2) {
            var other = one
            visitor(&other, cache)
            add(other)
        }
        if random.once(in: 3) { variantsOfLast() }
        if random.once(in: 2) {
            var neighbour = one
            neighbour.round = .everything
            neighbour.target = near(one)
            add(neighbour)
        }
    }

    /// The last page in two languages, of which the second has no tags.
    private mutating func variantsOfLast() {
        var first = pages.removeLast()
        first.reply.fields.append(("Vary", "Accept-Language"))
        first.headers.removeAll { $0.name == "X-Page" }
        first.headers.append(("Accept-Language", "en"))
        add(first)
        var second = first
        second.headers[second.headers.count - 1].value = "de"
        second.tags = []
        second.reply.fields.removeAll { Self.tagHeaders.contains($0.name) }
        second.reply.fieldsBeforeStatus = 0
        add(second)
    }

    private mutating func byTag(_ cache: CacheCase, _ place: Int) {
        let one = page(cache, place, .tag)
        add(one)
        if random.once(in: 3) { variantsOfLast() }
        add(page(cache, place, .everything))
    }

    private mutating func byPrefix(_ cache: CacheCase, _ place: Int) {
        let one = page(cache, place, .prefix)
        add(one)
        var other = one
        other.round = .everything
        other.target = one.target.replacing(one.unit, with: one.unit + "x", maxReplacements: 1)
        other.unit += "x"
        add(other)
    }

    private mutating func add(_ page: CasePage) {
        var page = page
        page.id = "\(number)-\(pages.count)"
        page.headers.append(("X-Page", page.id))
        pages.append(page)
    }

    private static let hosts = [
        "shop.example", "shop.example", "www.shop.example", "a.b.c.shop.example", "Shop.EXAMPLE", "shop.example:8080",
        "my_shop.shop.example", "xn--bcher-kva.shop.example", "shop.example.", "1.shop.example",
        "o~dd.shop.example", "shop.example.:8080",
    ]
    private static let otherHosts = ["other.shop.example", "Other.Shop.example", "other_2.shop.example:81"]

    private mutating func page(
        _ cache: CacheCase, _ place: Int, _ round: CasePage.Round, host: [String] = hosts
    ) -> CasePage {
        units += 1
        let unit = "/n\(number)u\(units)"
        let root = CacheCase.root(place, of: cache.keys.count)
        var page = CasePage(
            id: "", unit: unit, cache: number, place: place, round: round,
            host: random.pick(cache.fixedHosts.isEmpty ? host : cache.fixedHosts),
            target: "\(root.dropLast())\(unit)/\(random.pick(Self.paths))\(random.pick(Self.queries))",
            reply: CaseReply(fields: []))
        // nginx takes fewer characters in the host of a request line than in Host.
        page.isAbsolute = random.once(in: 20) && !page.host.contains { "_~".contains($0) }
        reply(&page, cache)
        visitor(&page, cache)
        return page
    }

    private static let paths = [
        "", "page", "dir/page.html", "wiki/C%2B%2B", "a%2Fb", "a//b", "joe%40x.org", "x%2541", "%28y%29", "a%3Fb",
        "caf%C3%A9", "caf%c3%a9", "café", "a/./b/../c", "a%20b", "%7Ejoe", "~joe", "a|b", "a|/b|", "it's/[1]/(2)",
        "shop;jsessionid=1/x", "50%25/off", "c%23/intro", "Tom%20%26%20Co", "a+b", "slash/", "a/%2e%2e/b", "a%3Ab",
        "b\\s", "12%3A30/a%2Cb", "GET/http://x", "bytes=0-9", "a,b", "a*b", "{x}", "<x>", "%22q%22", "a^b`c", "%E0%A4",
        String(repeating: "long/", count: 200), "%D9%85%D8%B3-taboo/", "mobile", "a=b&c", "@", "%5Cx", "a%09b", "UPPER",
        String(repeating: "longer/", count: 700), "a///b", "./a", "index.php/x", "a%2f%2Fb", "a%26b%3Dc",
    ]
    private static let queries = [
        "", "", "", "", "?", "?x=1", "?w=10&h=20", "?h=20&w=10", "?x=a%2Fb", "?a|b=c", "?w=%41&h=", "?b=2&a=1",
        "?x=1?2",
        "?x=1&", "?u=%c3%bc", "?q=a+b", "?q=ü", "?W=1", "?/x/../y", "?bytes=0-9", "?ver=6.5", "?x=/a|b/",
    ]

    /// Another page that is spelt like this one.
    private mutating func near(_ page: CasePage) -> String {
        let target = page.target
        let path = target.split(separator: "?", maxSplits: 1)[0]
        var texts = ["\(path)?other=1", "\(path)x", "\(path)%41", "\(path)/below"]
        if target.contains("%2541") { texts.append(target.replacing("%2541", with: "%41")) }
        if target.contains("%2F") { texts.append(target.replacing("%2F", with: "/")) }
        if target.contains("?") { texts += [String(path), target + "1"] }
        return random.pick(texts)
    }

    // MARK: What is sent and answered

    private static let commaHeaders = [
        "Cache-Tag", "Edge-Cache-Tag", "Netlify-Cache-Tag", "CDN-Tag", "X-Cache-Tags", "X-Magento-Tags",
        "X-LiteSpeed-Tag",
        "cache-tag",
    ]
    private static let spaceHeaders = [
        "Surrogate-Key", "xkey", "Xkey", "X-Cache-Tag", "Cache-Tags", "X-Drupal-Cache-Tags", "Purge-Cache-Tags",
    ]
    private static let tagHeaders = commaHeaders + spaceHeaders

    private mutating func reply(_ page: inout CasePage, _ cache: CacheCase) {
        var fields = [("Cache-Control", "max-age=3600"), ("Content-Type", "text/html; charset=UTF-8")]
        if random.once(in: 4) {
            fields.append(("Content-Security-Policy", String(repeating: "img-src 'self'; ", count: 150)))
        }
        if random.once(in: 4) { fields.append(("X-Size", "größe")) }
        let tag = "Tag-\(number)-\(units)"
        let count = random.once(in: 6) ? random.pick([600, 2500]) : random.number(0...4)
        var tags = (0..<count).map { "other-\(number)-\(units)-\($0)" }
        tags.insert(tag, at: random.number(0...tags.count))
        page.tags = [tag]
        let usesCommas = random.once(in: 2)
        let value = tags.joined(separator: usesCommas ? random.pick([",", ", "]) : " ")
        let field = (random.pick(usesCommas ? Self.commaHeaders : Self.spaceHeaders), value)
        fields.insert(field, at: random.number(0...fields.count))
        page.reply = CaseReply(fields: fields.map { (name: $0.0, value: $0.1) })
        page.reply.fieldsBeforeStatus = random.once(in: 2) ? 0 : random.number(0...fields.count)
        if !cache.keys[page.place].hasSlices {
            page.reply.status = random.pick([200, 200, 200, 200, 200, 301, 404, 410])
            page.reply.hasLength = !random.once(in: 4)
        }
        page.reply.bytesMin =
            cache.keys[page.place].hasSlices ? random.number(1...5000) : random.pick([1, 1, 3000, 70_000])
        page.reply.hasOddRecords = cache.hasOddRecords
    }

    /// Gives the visitor what the variables of the key want.
    private mutating func visitor(_ page: inout CasePage, _ cache: CacheCase) {
        let key = cache.key(page.place)
        let isProxy = cache.module == .proxy
        let variables = key.variables
        page.headers = []
        if variables.contains("http_x_forwarded_host") {
            page.headers.append(("X-Forwarded-Host", page.host))
            page.headers.append(("Host", random.pick([page.host, "internal"])))
        } else {
            page.headers.append(("Host", page.host))
        }
        let choices = [
            "mobile": [("X-Device", "phone"), ("X-Device", "desk")],
            "http_token": [("Token", "t0k|en"), ("Token", "")],
            "http_x_authorization": [("X-Authorization", "Bearer x/y"), ("X-Authorization", "")],
            "http_x_forwarded_proto": [
                ("X-Forwarded-Proto", "https"), ("X-Forwarded-Proto", "http"), ("X-Forwarded-Proto", ""),
            ],
            "http_if_none_match": [("If-None-Match", "\"a|b\""), ("If-None-Match", "\"\"")],
            "geo_country": [("X-Country", "DE"), ("X-Country", "")],
            "cookie_session": [("Cookie", "session=abc"), ("Cookie", "x=y")],
            "cookie_phpsessid": [("Cookie", "phpsessid=a|b|c"), ("Cookie", "x=y")],
            "cookie_exp": [("Cookie", "exp=b"), ("Cookie", "x=y")],
            "cookie_user": [("Cookie", "user=joe"), ("Cookie", "user=/a|b"), ("Cookie", "x=y")],
            "cookie_lang": [("Cookie", "lang=en|us"), ("Cookie", "lang=/de"), ("Cookie", "x=y")],
        ]
        for name in variables.sorted() {
            guard let choice = choices[name].map({ random.pick($0) }), !choice.1.isEmpty else { continue }
            page.headers.append(choice)
        }
        if key.hasBody, random.once(in: 2) {
            page.method = "POST"
            page.body = random.pick(["{\"a|b\": 1}", "a|b|/c?x=1|z", String(repeating: "x", count: 6000), "|"])
        } else {
            page.method = isProxy && !key.hasBody && !key.hasSlices && random.once(in: 8) ? "HEAD" : "GET"
            page.body = ""
        }
    }
}
