import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport

/// An nginx of a test's own, with whatever configuration, that listens on Unix sockets in a directory of its own.
///
/// So that no port can be taken by somebody else.
struct RealNginx: Sendable {
    /// What a visitor got.
    struct Answer: Sendable, Equatable {
        var status: UInt
        /// `X-Cache-Status`, where the configuration has the header.
        var cacheStatus: String
        var body: String
    }

    /// Holds everything that it writes.
    let folder: String
    private let client: HTTPClient

    /// Where its servers listen unless they say something else: `listen unix:\(socket(in: folder));`.
    static func socket(in folder: String) -> String { folder + "/nginx.sock" }

    /// The whole file around an http block.
    ///
    /// - Parameter modules: lines that load some.
    static func configuration(_ folder: String, http: String, modules: String = "") -> String {
        """
        \(modules)
        \(getuid() == 0 ? "user root;" : "")
        daemon off;
        pid \(folder)/nginx.pid;
        error_log \(folder)/error.log info;
        worker_processes 1;
        worker_rlimit_nofile 4096;
        events { worker_connections 2048; }
        http {
            client_body_temp_path \(folder)/body; proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi; uwsgi_temp_path \(folder)/uwsgi; scgi_temp_path \(folder)/scgi;
            access_log off;
        \(http)
        }

        """
    }

    /// Runs `body` while nginx runs with this http block.
    static func with(
        _ folder: TemporaryDirectory, http: String, modules: String = "", _ body: (RealNginx) async throws -> Void
    ) async throws {
        let path = folder.path
        let file = path + "/nginx.conf"
        try configuration(path, http: http, modules: modules)
            .write(toFile: file, atomically: true, encoding: .utf8)
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: HTTPClient.Configuration(timeout: .init(connect: .seconds(10))))
        var options = PlatformOptions()
        options.teardownSequence = [.send(signal: .terminate, allowedDurationToNextStep: .seconds(30))]
        do {
            _ = try await Subprocess.run(
                .name("nginx"), arguments: ["-p", path, "-c", file, "-e", path + "/error.log"],
                platformOptions: options, input: .none, output: .discarded, error: .discarded
            ) { execution in
                do {
                    let nginx = RealNginx(folder: path, client: client)
                    try await eventually("nginx runs; \(nginx.errors)") { try Self.isRunning(path) }
                    try await body(nginx)
                } catch {
                    await execution.teardown(using: options.teardownSequence)
                    throw error
                }
                await execution.teardown(using: options.teardownSequence)
            }
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
    }

    private static func isRunning(_ folder: String) throws -> Bool {
        let text = try? String(contentsOfFile: folder + "/nginx.pid", encoding: .utf8)
        return text?.contains("\n") == true
    }

    /// Its log of errors, for messages of tests.
    var errors: String { (try? String(contentsOfFile: folder + "/error.log", encoding: .utf8)) ?? "" }

    /// What `nginx -T` prints about its configuration.
    static func dump(_ folder: String) async throws -> String {
        let result = try await Subprocess.run(
            .name("nginx"), arguments: ["-T", "-p", folder, "-c", folder + "/nginx.conf", "-e", folder + "/error.log"],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw NeverHappened(what: "nginx -T: \(result.standardError)") }
        return result.standardOutput
    }

    /// Asks for a target, byte for byte.
    func answer(_ target: String, method: HTTPMethod = .GET, body: [UInt8]? = nil) async throws -> Answer {
        let url = try URL(httpURLWithSocketPath: Self.socket(in: folder), uri: target).map { "\($0)" }.required
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "Host", value: "shop.example")
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await client.execute(request, timeout: .seconds(60))
        let found = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: response.status.code, cacheStatus: response.headers.first(name: "X-Cache-Status") ?? "",
            body: String(decoding: found.readableBytesView, as: UTF8.self))
    }
}
