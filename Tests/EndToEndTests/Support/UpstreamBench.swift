import Foundation
import PurgeModel
import Subprocess
import SystemPackage
import TestSupport

@testable import EdgeAgent

/// Real nginx in front of upstreams that speak FastCGI, SCGI and uwsgi, each with a cache of its own; no agent.
struct UpstreamBench {
    /// Where everything lies.
    let folder: String

    /// What is asked by the path below it: `/php/…` real PHP, the others what ``answer(_:)`` says.
    enum Module: String, CaseIterable {
        case php, fastcgi, scgi, uwsgi

        /// The prefix of nginx's directives.
        fileprivate var directive: String { self == .php ? "fastcgi" : rawValue }
    }

    /// Starts everything for as long as `body` runs.
    static func run(php: String, _ body: (UpstreamBench) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let bench = UpstreamBench(folder: directory.path)
        try bench.write("index.php", php)
        try bench.write("php.ini", "expose_php = Off\nlog_errors = On\ndisplay_errors = Off\n")
        try bench.write("fpm.conf", bench.phpConfiguration)
        try bench.write("nginx.conf", bench.nginxConfiguration)
        try bench.write("answer", "")
        let fpm = [
            "php-fpm8.2", "-n", "-c", "\(bench.folder)/php.ini", "-y", "\(bench.folder)/fpm.conf", "-F", "-R",
        ]
        let canned = ["python3", "-c", Self.cannedServer, "\(bench.folder)/canned.sock", "\(bench.folder)/answer"]
        let nginx = ["nginx", "-p", bench.folder, "-c", "nginx.conf", "-e", "\(bench.folder)/error.log"]
        try await bench.child(fpm, until: "fpm.sock") {
            try await bench.child(canned, until: "canned.sock") {
                try await bench.child(nginx, until: "nginx.sock") { try await body(bench) }
            }
        }
        _ = directory
    }

    // MARK: Using it

    /// What every upstream but PHP sends for each request from now on.
    func answer(_ bytes: [UInt8]) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/answer"), options: .atomic)
    }

    /// Asks nginx for a page; returns the body.
    func page(_ module: Module, _ path: String) async throws -> String {
        let result = try await Program.run(
            "/usr/bin/curl",
            ["-sS", "--max-time", "30", "--unix-socket", "\(folder)/nginx.sock", url(module, path)], in: .inherit)
        guard result.status == 0 else { throw NeverHappened(what: "nginx answers: \(result.errors)") }
        return result.output
    }

    /// The objects in the cache of a module, by their paths, when all of these are there.
    ///
    /// A client has the whole answer before nginx gives the file its name.
    func stored(_ module: Module, all paths: some Sequence<String>) async throws -> [String: StoredObject] {
        var objects: [String: StoredObject] = [:]
        try await eventually("all are stored: \(Array(paths))") {
            objects = try stored(module)
            return paths.allSatisfy { objects[$0] != nil }
        }
        return objects
    }

    private func stored(_ module: Module) throws -> [String: StoredObject] {
        let cache = try NginxCache(
            number: 0, path: "\(folder)/cache-\(module.rawValue)",
            templates: [try CacheKeyTemplate("$scheme://$host$request_uri")], tagHeaders: .standard,
            normalization: .cloudflare)
        var objects: [String: StoredObject] = [:]
        var directories = [""]
        var buffer: [UInt8] = []
        while let directory = directories.popLast() {
            guard let listing = try cache.list(directory) else { continue }
            directories += listing.below
            for key in listing.keys {
                guard case .object(let object) = try cache.inspect(key, buffer: &buffer) else { continue }
                objects[String(decoding: object.targets[0], as: UTF8.self)] = object
            }
        }
        return objects
    }

    private func url(_ module: Module, _ path: String) -> String { "http://a.example/\(module.rawValue)\(path)" }

    // MARK: Processes

    private func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    private func child(_ command: [String], until socket: String, _ body: () async throws -> Void) async throws {
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        _ = try await Subprocess.run(
            .path("/bin/sh"),
            arguments: Arguments(["-c", "exec \"$@\" >>\"$0\" 2>&1", "\(folder)/processes.log"] + command),
            platformOptions: options, input: .none, output: .discarded, error: .discarded
        ) { execution in
            let outcome: Result<Void, any Error>
            do {
                try await eventually("\(command[0]) has made \(socket) in \(folder)") {
                    FileManager.default.fileExists(atPath: "\(folder)/\(socket)")
                }
                outcome = .success(try await body())
            } catch {
                outcome = .failure(error)
            }
            await execution.teardown(using: options.teardownSequence)
            try outcome.get()
        }
    }

    /// Sends a file to whoever connects, whatever they say.
    private static let cannedServer = """
        import socket, sys
        server = socket.socket(socket.AF_UNIX)
        server.bind(sys.argv[1])
        server.listen(16)
        while True:
            client, _ = server.accept()
            client.recv(65536)
            client.sendall(open(sys.argv[2], "rb").read())
            client.shutdown(socket.SHUT_WR)
            while client.recv(65536):
                pass
            client.close()
        """

    private var phpConfiguration: String {
        """
        [global]
        error_log = \(folder)/fpm.log
        daemonize = no
        [www]
        user = root
        group = root
        listen = \(folder)/fpm.sock
        pm = static
        pm.max_children = 1
        catch_workers_output = no

        """
    }

    private var nginxConfiguration: String {
        let caches = Module.allCases.map { module in
            let name = module.rawValue
            return "\(module.directive)_cache_path \(folder)/cache-\(name) levels=1:2 keys_zone=\(name):1m;"
        }
        let locations = Module.allCases.map { module in
            let (name, prefix) = (module.rawValue, module.directive)
            let socket = module == .php ? "fpm.sock" : "canned.sock"
            let parameters = module == .php ? "fastcgi_param SCRIPT_FILENAME \(folder)/index.php;" : ""
            return """
                location /\(name)/ {
                    \(prefix)_pass unix:\(folder)/\(socket);
                    \(parameters)
                    \(prefix)_param REQUEST_URI $request_uri;
                    \(prefix)_param REQUEST_METHOD $request_method;
                    \(prefix)_buffers 16 64k;
                    \(prefix)_buffer_size 64k;
                    \(prefix)_busy_buffers_size 128k;
                    \(prefix)_cache \(name);
                    \(prefix)_cache_key $scheme://$host$request_uri;
                    \(prefix)_cache_valid 200 1h;
                }
                """
        }
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "\($0)_temp_path \(folder)/tmp-\($0);"
        }
        return """
            daemon off;
            \(getuid() == 0 ? "user root;" : "")
            pid \(folder)/nginx.pid;
            events { worker_connections 64; }
            http {
                access_log off;
                \(temporary.joined(separator: "\n"))
                \(caches.joined(separator: "\n"))
                server {
                    listen unix:\(folder)/nginx.sock;
                    \(locations.joined(separator: "\n"))
                }
            }

            """
    }
}
