import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import PurgeModel
import Synchronization
import TestSupport
import Testing

@testable import EdgeAgent

/// Real nginx serves from a cache while the bytes of deleted files are given back.
@Suite(.serialized, .timeLimit(.minutes(10))) struct SpaceTests {
    private static let pages = 20
    /// More than sockets hold, so that a visitor who does not read has a download in flight.
    private static let pageBytes = 1 << 19

    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func body(_ page: Int, version: Int) -> [UInt8] {
        let line = "page \(page) version \(version) "
        return Array(String(repeating: line, count: Self.pageBytes / line.utf8.count + 1).utf8)
    }

    /// Puts the pages where the origin finds them.
    private func publish(version: Int) throws {
        for page in 0..<Self.pages {
            try Data(body(page, version: version)).write(to: URL(filePath: "\(folder.path)/www/\(page)"))
        }
    }

    /// Runs `body` with an nginx whose location has these lines too, in front of an nginx that is the origin.
    private func withNginx(
        _ lines: String, inactive: String = "1h",
        _ body: (RealNginx, NginxCache, HTTPClient) async throws -> Void
    ) async throws {
        let path = folder.path
        try FileManager.default.createDirectory(atPath: path + "/www", withIntermediateDirectories: true)
        try publish(version: 1)
        let http = """
            proxy_cache_path \(path)/cache levels=1:2 keys_zone=z:1m inactive=\(inactive) use_temp_path=off;
            server { listen unix:\(path)/origin.sock; root \(path)/www; }
            server {
                listen unix:\(RealNginx.socket(in: path));
                location / {
                    \(lines)
                    proxy_pass http://unix:\(path)/origin.sock:;
                    proxy_cache z;
                    proxy_cache_key $scheme://$host$request_uri;
                    proxy_cache_valid 1h;
                    proxy_cache_lock on;
                    send_timeout 10m;
                    add_header X-Cache-Status $upstream_cache_status;
                }
            }
            """
        var configuration = HTTPClient.Configuration(timeout: .init(connect: .seconds(30)))
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 600
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            try await RealNginx.with(folder, http: http) { nginx in
                let cache = try NginxCache(
                    number: 0, path: path + "/cache",
                    templates: [try CacheKeyTemplate("$scheme://$host$request_uri")], tagHeaders: .standard,
                    normalization: .cloudflare)
                try await body(nginx, cache, client)
                let bad = nginx.errors.split(separator: "\n")
                    .filter { $0.contains(/\[(error|crit|alert|emerg)\]/) }
                #expect(bad.isEmpty, "\(bad.count): \(bad.first ?? "")")
            }
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private func execute(_ page: Int, _ client: HTTPClient) async throws -> HTTPClientResponse {
        let url = try URL(httpURLWithSocketPath: RealNginx.socket(in: folder.path), uri: "/\(page)").required
        var request = HTTPClientRequest(url: "\(url)")
        request.headers.add(name: "Host", value: "shop.example")
        return try await client.execute(request, timeout: .seconds(120))
    }

    private func bytes(_ response: HTTPClientResponse) async throws -> [UInt8] {
        Array(buffer: try await response.body.collect(upTo: 2 * Self.pageBytes))
    }

    /// The objects in the cache.
    private func keys(_ cache: NginxCache) throws -> [ObjectKey] {
        var keys: [ObjectKey] = []
        var directories = [""]
        while let directory = directories.popLast() {
            guard let listing = try cache.list(directory) else { continue }
            keys += listing.keys
            directories += listing.below
        }
        return keys
    }

    /// Deletes everything that is live, and empties it; returns the bytes given back.
    @discardableResult
    private func purge(_ cache: NginxCache) throws -> Int64 {
        var buffer: [UInt8] = []
        var bytes: Int64 = 0
        for key in try keys(cache) {
            guard case .object(let object) = try cache.inspect(key, buffer: &buffer) else { continue }
            let generation = object.generation & StoredObject.generationMask
            _ = try cache.mark(
                key, date: object.date, mode: .delete, now: Int64(object.date), buffer: &buffer
            ) { generation }
            bytes += try cache.giveBack(key, buffer: &buffer)
        }
        return bytes
    }

    private func warm(_ client: HTTPClient) async throws {
        for page in 0..<Self.pages {
            try await eventually("page \(page) is stored") {
                let response = try await execute(page, client)
                _ = try await bytes(response)
                return response.headers.first(name: "X-Cache-Status") == "HIT"
            }
        }
    }

    /// Attack: a hole in the file was tried first, under a lease.
    ///
    /// nginx opens cache files with O_NONBLOCK, so that
    /// visitors got an error page while the lease was held; and what sendfile(2) had handed to the kernel for a slow
    /// visitor became zeros, long after nginx had closed the file.
    @Test(arguments: [
        "sendfile on;", "sendfile off;", "sendfile on; aio threads;",
        "sendfile on; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;",
    ])
    func `emptied files: 500 downloads in flight stay whole`(_ lines: String) async throws {
        try await withNginx(lines) { _, cache, client in
            try await warm(client)
            var downloads: [(page: Int, response: HTTPClientResponse)] = []
            for number in 0..<500 {
                let page = number % Self.pages
                // The head has come; the rest comes as it is read.
                downloads.append((page, try await execute(page, client)))
            }
            try publish(version: 2)
            #expect(try purge(cache) > Int64(Self.pages * (Self.pageBytes - 4096)))
            for file in try keys(cache).map(cache.path(of:)) { #expect(allocated(file) == 4096) }
            let bodies = (0..<Self.pages).map { body($0, version: 1) }
            for download in downloads {
                #expect(download.response.status == .ok)
                let isWhole = try await bytes(download.response) == bodies[download.page]
                #expect(isWhole)
            }
            // nginx finds what it finds of any deleted object.
            for status in ["MISS", "HIT"] {
                for page in 0..<Self.pages {
                    let response = try await execute(page, client)
                    let isWhole = try await bytes(response) == body(page, version: 2)
                    #expect(isWhole)
                    if status == "MISS" { #expect(response.headers.first(name: "X-Cache-Status") == status) }
                }
            }
            try await warm(client)
        }
    }

    @Test func `whoever asks at that very moment gets the page`() async throws {
        try await withNginx("sendfile on;") { _, cache, client in
            try await warm(client)
            let visits = Visits()
            try await withThrowingTaskGroup(of: Int.self) { group in
                for visitor in 0..<8 {
                    group.addTask {
                        var random = SeededGenerator(seed: UInt64(visitor))
                        var count = 0
                        while !visits.areOver {
                            let page = random.number(0...Self.pages - 1)
                            let response = try await execute(page, client)
                            #expect(response.status == .ok)
                            let isWhole = try await bytes(response) == body(page, version: 1)
                            #expect(isWhole)
                            count += 1
                        }
                        return count
                    }
                }
                defer { visits.end() }
                var givenBack: Int64 = 0
                while givenBack < Int64(500 * Self.pageBytes) {
                    givenBack += try purge(cache)
                    await Task.yield()
                }
                visits.end()
                let answers = try await group.reduce(0, +)
                #expect(answers > 100)
            }
        }
    }

    @Test func `nginx lets go of emptied files as of any others`() async throws {
        try await withNginx("sendfile on;", inactive: "1s") { _, cache, client in
            for page in 0..<Self.pages { _ = try await bytes(execute(page, client)) }
            try await eventually("something was emptied") { try purge(cache) > 0 }
            try await eventually("the cache is empty") { try keys(cache).isEmpty }
        }
    }

    @Test func `an agent empties what a purge deletes, and tells of it`() async throws {
        try await DevEnvironment.run(options: ["--caches", "1"]) { environment in
            let cache = environment.ready.caches[0]
            let configuration = try environment.configuration(of: cache) + "files:\n  reclaim: now\n"
            try await environment.restart(cache, with: configuration)
            let target = "/space?tags=space&bytes=300000"
            _ = try await environment.web.page(cache, target)
            #expect(try await environment.web.page(cache, target).cacheStatus == "HIT")
            let files = try FileManager.default.subpathsOfDirectory(atPath: cache.cachePath)
                .map { "\(cache.cachePath)/\($0)" }
                .filter { FileManager.default.contents(atPath: $0)?.range(of: Data("/space?".utf8)) != nil }
            #expect(files.map { allocated($0) > 290_000 } == [true])
            try await environment.purge(#"{"tags":["space"]}"#)
            try await eventually("the file is emptied") { files.allSatisfy { allocated($0) == 4096 } }
            try await eventually("it is told") {
                try await environment.web.admin(cache, "/v1/status")["space"]["files"].int == 1
            }
            let status = try await environment.web.admin(cache, "/v1/status")
            #expect(status["space"]["bytes"].int ?? 0 > 290_000)
            #expect(status["problem"] == .null)
            let control = environment.ready.control
            try await eventually("the control plane tells of it") {
                let agents = try await environment.web.json(.GET, control + "/v1/agents").value["agents"]
                return agents[0]["counts"]["reclaimed_bytes"] == status["space"]["bytes"]
            }
            try await Browser.run { browser in
                try await browser.open(control + "/#/agents")
                try await eventually("the dashboard does") { try await browser.text("tbody").contains("given back") }
            }
            #expect(try await environment.web.page(cache, target).cacheStatus == "MISS")
            #expect(try await environment.web.page(cache, target).cacheStatus == "HIT")
        }
    }

    private func allocated(_ file: String) -> Int {
        var status = stat()
        return unsafe stat(file, &status) == 0 ? Int(status.st_blocks) * 512 : 0
    }
}

/// Visitors come until it says that it is enough.
private final class Visits: Sendable {
    private let isEnough = Mutex(false)

    var areOver: Bool { isEnough.withLock { $0 } }
    func end() { isEnough.withLock { $0 = true } }
}
