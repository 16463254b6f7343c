import Foundation
import TestSupport
import Testing

@testable import EdgePurgeCommand

/// `deploy/nginx/edge-purge-fence.conf` in real nginx, in front of each of the four modules that cache.
@Suite(.timeLimit(.minutes(5))) struct NginxFenceTests {
    /// Attack: the snippet had the lines of proxy_cache only, so that a fenced machine went on answering from a
    /// fastcgi_cache, uwsgi_cache or scgi_cache, and purges were confirmed without it.
    @Test(arguments: TinyOrigin.Module.allCases)
    func `a fenced cache answers from the origin and stores nothing`(_ module: TinyOrigin.Module) async throws {
        try await expectFence(module, inLocation: "")
    }

    /// As the guides for WordPress have it.
    @Test(arguments: TinyOrigin.Module.allCases)
    func `a location with a bypass of its own sees the fence when it names the variable`(
        _ module: TinyOrigin.Module
    ) async throws {
        try await expectFence(
            module,
            inLocation: """
                set $skip_cache 0;
                \(module.rawValue)_cache_bypass $skip_cache $edge_purge_fenced;
                \(module.rawValue)_no_cache $skip_cache $edge_purge_fenced;
                """)
    }

    /// Attack: nobody answers what nginx asks, and the old page is served though a purge was told as effective.
    @Test(arguments: AskSnippet.installed, TinyOrigin.Module.allCases)
    func `where nginx asks, the fence is seen, and nobody's answer is no`(
        _ snippet: AskSnippet, _ module: TinyOrigin.Module
    ) async throws {
        try await expectFence(module, inLocation: "", snippet, set: ["ask", "fence"])
        try await expectFence(module, inLocation: "", snippet, set: ["ask"])
    }

    /// - Parameters:
    ///   - snippet: how nginx asks; nil: it only looks for the fence.
    ///   - set: the files that keep nginx from its cache, in the order in which the agent makes them.
    private func expectFence(
        _ module: TinyOrigin.Module, inLocation lines: String, _ snippet: AskSnippet? = nil,
        set files: [String] = ["fence"]
    ) async throws {
        let folder = try TemporaryDirectory()
        let files = files.map { "\(folder.path)/\($0)" }
        try await TinyOrigin.with(module, at: folder.path + "/origin.sock") { origin in
            try await RealNginx.with(
                folder, http: try Self.http(module, folder.path, snippet, lines), modules: snippet?.modules ?? ""
            ) { nginx in
                func expect(_ status: String, _ version: Int) async throws {
                    let answer = try await nginx.answer("/page")
                    #expect(
                        answer == RealNginx.Answer(status: 200, cacheStatus: status, body: "v\(version)"),
                        "\(nginx.errors)")
                }
                try await expect("MISS", 1)
                try await expect("HIT", 1)
                for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
                origin.publish(version: 2)
                try await expect("BYPASS", 2)
                try await expect("BYPASS", 2)
                for file in files.reversed() { try FileManager.default.removeItem(atPath: file) }
                // What was fetched meanwhile was not stored: the agent had no part in it.
                try await expect("HIT", 1)
            }
        }
    }

    private static func http(
        _ module: TinyOrigin.Module, _ folder: String, _ snippet: AskSnippet?, _ lines: String
    ) throws -> String {
        let name = module.rawValue
        let pass = module == .proxy ? "http://unix:\(folder)/origin.sock:" : "unix:\(folder)/origin.sock"
        return """
            \(try snippet?.http(folder) ?? "")
            \(name)_cache_path \(folder)/cache levels=1:2 keys_zone=edge:1m;
            server {
                listen unix:\(RealNginx.socket(in: folder));
                add_header X-Cache-Status $upstream_cache_status always;
                \(try snippet?.server(folder) ?? AskSnippet.deployed("edge-purge-fence.conf", folder))
                location / {
                    \(name)_cache edge;
                    \(name)_cache_key $scheme://$host$request_uri;
                    \(lines)
                    \(name)_pass \(pass);
                }
            }
            """
    }
}
