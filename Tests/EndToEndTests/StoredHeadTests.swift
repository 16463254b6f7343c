import Foundation
import TestSupport
import Testing

@testable import EdgeAgent

/// Attack A6: of pages that php-fpm had answered, the agent knew no tags, or all but the one that a record cut.
///
/// nginx stores what the upstream sent as it came. HTTP/2 upstreams need a newer nginx than Debian's; `HTTP2HeadTests`
/// has their bytes.
@Suite struct StoredHeadTests {
    private static let php = #"""
        <?php
        $path = $_SERVER['REQUEST_URI'];
        header_remove('X-Powered-By');
        if (str_contains($path, 'first')) header('Cache-Tag: post-7,first');
        if (str_contains($path, 'warning')) error_log("PHP Warning: odd\nCache-Tag: no\n\n");
        header('Content-Type: text/html; charset=UTF-8');
        if (str_contains($path, 'last')) header('Cache-Tag: post-7,last');
        if (str_contains($path, 'long')) header('X-Long: ' . str_repeat("img-src 'self'; ", 130));
        if (str_contains($path, 'many')) {
            for ($i = 0; $i < 1500; $i++) $tags[] = sprintf('node-%05d', $i);
            header('Cache-Tag: ' . implode(',', $tags));
        }
        echo "Cache-Tag: body\r\n";
        """#

    private func tags(_ object: StoredObject?) -> [String] {
        (object?.tags ?? []).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `every tag that a real upstream sent is found, whatever it speaks`() async throws {
        try await UpstreamBench.run(php: Self.php) { bench in
            try await phpPages(bench)
            try await cutRecords(bench)
            try await lines(bench)
        }
    }

    private func phpPages(_ bench: UpstreamBench) async throws {
        let many = (0..<1500).map { "node-" + String(format: "%05d", $0) }
        let pages = [
            "/first": ["post-7", "first"], "/last": ["post-7", "last"], "/warning-last": ["post-7", "last"],
            "/warning-first": ["post-7", "first"], "/many": many, "/long-many": many,
            "/warning-first-long-many": ["post-7", "first"] + many, "/none": [],
        ]
        for path in pages.keys {
            #expect(try await bench.page(.php, path) == "Cache-Tag: body\r\n")
        }
        let stored = try await bench.stored(.php, all: pages.keys.map { "/php" + $0 })
        for (path, expected) in pages {
            let object = stored["/php" + path]
            #expect(object != nil && object?.tagLoss == nil, "\(path)")
            // A second header() of one name takes the place of the first.
            let expected = path.contains("first") && path.contains("many") ? many : expected
            #expect(tags(object) == expected, "\(path)")
        }
    }

    private func cutRecords(_ bench: UpstreamBench) async throws {
        var random = SeededGenerator()
        let names = (0..<200).map { "product-\($0)" }
        let head = "Cache-Tag: \(names.joined(separator: ","))\r\nX-Cache-Tag: a b\r\nStatus: 200 OK\r\n\r\n"
        for round in 0..<30 {
            let text = Array((head + "the body").utf8)
            let sizeMax = random.pick([1, 2, 7, 100, 1_000, 60_000])
            try bench.answer(FastCGIRecords.cut(text, sizeMax: sizeMax, &random) + FastCGIRecords.end)
            let body = try await bench.page(.fastcgi, "/\(round)")
            #expect(body == "the body", "seed \(random.seed) round \(round)")
            let object = try await bench.stored(.fastcgi, all: ["/fastcgi/\(round)"])["/fastcgi/\(round)"]
            #expect(tags(object) == names + ["a", "b"], "seed \(random.seed) round \(round), records of \(sizeMax)")
            #expect(object?.tagLoss == nil)
        }
    }

    private func lines(_ bench: UpstreamBench) async throws {
        let first = ["Status: 200 OK\r\n", "HTTP/1.1 200 OK\r\n", ""]
        for module in [UpstreamBench.Module.scgi, .uwsgi] {
            for (number, line) in first.enumerated() {
                try bench.answer(Array("\(line)Cache-Tag: a,b\r\nContent-Length: 4\r\n\r\nbody".utf8))
                #expect(try await bench.page(module, "/\(number)") == "body")
                let path = "/\(module.rawValue)/\(number)"
                let object = try await bench.stored(module, all: [path])[path]
                #expect(tags(object) == ["a", "b"], "\(module) \(line)")
                #expect(object?.tagLoss == nil)
            }
        }
    }
}
