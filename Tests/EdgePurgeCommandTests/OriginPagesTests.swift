import Testing

@testable import EdgePurgeCommand

struct OriginPagesTests {
    private let pages = OriginPages()

    private func text(_ answer: OriginAnswer) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test func `a page tells its version, its tags, and how long it is fresh`() {
        let answer = pages.answer(OriginRequest(path: "/products/1"))
        #expect(text(answer) == "/products/1 version 1\n")
        #expect(answer.field("cache-tag") == "site,products,product-1")
        #expect(answer.field("Cache-Control") == "public, max-age=3600")
        #expect(answer.field("Vary") == nil)
    }

    @Test func `a bump raises one page, a bump without path raises all`() {
        _ = pages.answer(OriginRequest(method: "POST", path: "/_origin/bump", query: [("path", "/a"), ("path", "/b")]))
        #expect([pages.version(of: "/a"), pages.version(of: "/b"), pages.version(of: "/c")] == [2, 2, 1])
        _ = pages.answer(OriginRequest(method: "POST", path: "/_origin/bump"))
        #expect([pages.version(of: "/a"), pages.version(of: "/c")] == [3, 2])
        #expect(pages.answer(OriginRequest(path: "/a")).field("X-Version") == "3")
    }

    @Test func `requests are counted by page`() {
        for path in ["/a", "/a", "/b"] { _ = pages.answer(OriginRequest(path: path)) }
        let one = pages.answer(OriginRequest(path: "/_origin/requests", query: [("path", "/a")]))
        #expect(text(one) == "{\"requests\":2}\n")
        #expect(text(pages.answer(OriginRequest(path: "/_origin/requests"))) == "{\"requests\":3}\n")
    }

    @Test func `variants differ in body and entity tag`() {
        let variants = [nil, "gzip", "br, gzip", "zstd"].map {
            pages.answer(OriginRequest(path: "/vary/x", acceptEncoding: $0))
        }
        #expect(Set(variants.map(text)).count == 4)
        #expect(Set(variants.map { $0.field("ETag") }).count == 4)
        #expect(variants.allSatisfy { $0.field("Vary") == "Accept-Encoding" })
    }

    @Test func `slices add up to the whole page`() {
        let whole = pages.answer(OriginRequest(path: "/slice/film"))
        #expect(whole.status == 200)
        #expect(whole.body.count == OriginPages.sliceBytes)
        var joined: [UInt8] = []
        for start in stride(from: 0, to: OriginPages.sliceBytes, by: 1 << 20) {
            let part = pages.answer(
                OriginRequest(path: "/slice/film", range: "bytes=\(start)-\(start + (1 << 20) - 1)"))
            #expect(part.status == 206)
            #expect(part.field("Content-Range")?.hasSuffix("/\(OriginPages.sliceBytes)") == true)
            #expect(part.field("ETag") == whole.field("ETag"))
            joined += part.body
        }
        #expect(joined == whole.body)
        #expect(pages.answer(OriginRequest(path: "/slice/film", range: "bytes=99999999-")).status == 416)
    }

    @Test func `an unchanged page answers 304, a bumped one does not`() {
        let etag = pages.answer(OriginRequest(path: "/revalidate/x")).field("ETag")
        #expect(pages.answer(OriginRequest(path: "/revalidate/x", ifNoneMatch: etag)).status == 304)
        _ = pages.answer(OriginRequest(method: "POST", path: "/_origin/bump", query: [("path", "/revalidate/x")]))
        #expect(pages.answer(OriginRequest(path: "/revalidate/x", ifNoneMatch: etag)).status == 200)
    }

    @Test func `a request can choose tags, size, delay and freshness, within bounds`() {
        let query = [("tags", "a,b"), ("bytes", "1000"), ("delay", "999999999"), ("max_age", "5")]
        let answer = pages.answer(OriginRequest(path: "/x", query: query))
        #expect(answer.field("Cache-Tag") == "a,b")
        #expect(answer.body.count == 1000)
        #expect(answer.delayMilliseconds == 120_000)
        #expect(answer.field("Cache-Control") == "public, max-age=5")
        #expect(pages.answer(OriginRequest(path: "/x", query: [("bytes", "-5")])).body.isEmpty)
        #expect(
            pages.answer(OriginRequest(path: "/x", query: [("tags", "a\r\nSet-Cookie: b")])).field("Cache-Tag")
                == "aSet-Cookie: b")
    }

    @Test(arguments: ["DELETE", "POST", "PURGE"])
    func `pages are only read`(method: String) {
        #expect(pages.answer(OriginRequest(method: method, path: "/x")).status == 405)
    }

    @Test(
        arguments: [
            ("bytes=0-9", .part(0..<10)), ("bytes=90-200", .part(90..<100)), ("bytes=50-", .part(50..<100)),
            ("bytes=-10", .part(90..<100)), ("bytes=-500", .part(0..<100)), ("bytes=100-", .unsatisfiable),
            ("bytes=-0", .unsatisfiable),
            ("bytes=9-0", .everything), ("bytes=0-1,5-6", .everything), ("lines=1-2", .everything),
            ("bytes=", .everything),
            ("bytes=a-b", .everything), ("bytes=--5", .everything), (nil, .everything),
        ] as [(String?, ByteRangeRequest)])
    func `ranges are read as the standard says`(field: String?, expected: ByteRangeRequest) {
        #expect(ByteRangeRequest(field: field, size: 100) == expected)
    }
}
