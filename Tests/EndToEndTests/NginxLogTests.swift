import Foundation
import Logging
import NIOHTTP1
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent
@testable import EdgePurgeCommand

/// The access log that real nginx writes for the agent, with everything that a visitor can put into it.
@Suite(.timeLimit(.minutes(5))) struct NginxLogTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private var log: String { folder.path + "/fetch.log" }

    /// What a forger writes: the end of a line of any format, and a line that says that a fetch began just now.
    private static func forged(_ format: String) -> String {
        let now = SystemClock().now.milliseconds
        let seconds = "\(now / 1000)." + String(1000 + now % 1000).dropFirst()
        return format.replacing("TIME", with: seconds)
    }

    private static let forgeries = [
        "x\nTIME|0.000|0.001|MISS|victim\n",
        "x\n2|TIME|0.000|0.001|MISS|\"h\"|\"/\"|\"victim\"\n",
        "x\"\n2|TIME|0.000|0.001|MISS|\"h\"|\"/\"|\"victim",
        "x\r\n2|TIME|0.000|0.001|MISS|\"h\"|\"/\"|\"victim\"\r\n",
        #"x\x22\x0A2|TIME|0.000|0.001|MISS|\x22h\x22|\x22/\x22|\x22victim"#,
        #"x\"|"victim"#, "x\\\"\n2|TIME|0.000|0.001|MISS|\\\"h\\\"|\"/\"|\"victim\"", "victim\u{0}", "-", "",
    ]

    /// Attack: a key with `$request_body`, a named capture or a decoded path was written as it was, so that a visitor
    /// ended the line and wrote the next.
    @Test func `no visitor forges a line, and each key is read as nginx has it`() async throws {
        var expected: Set<[UInt8]> = []
        try await RealNginx.with(folder, http: http(format: Self.format)) { nginx in
            for format in Self.forgeries {
                let text = Self.forged(format)
                _ = try await nginx.answer("/body", method: .POST, body: Array(text.utf8))
                expected.insert(Array("http://shop.example/body|\(text)|".utf8))
                let coded = text.utf8.map { byte in "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
                _ = try await nginx.answer("/capture/\(coded)")
                // nginx refuses a zero byte in a path.
                if text.contains("\u{0}") { continue }
                expected.insert(Array("http://shop.example/capture/\(coded)||\(text)".utf8))
            }
            let all = (UInt8.min...UInt8.max).map { $0 }
            _ = try await nginx.answer("/body", method: .POST, body: all)
            expected.insert(Array("http://shop.example/body|".utf8) + all + Array("|".utf8))
        }
        var read: Set<[UInt8]> = []
        let isThere = AccessLogTail(path: log, lineStart: FetchLine.start).read { line in
            switch FetchLine.read(line, keepsNames: true) {
            case .fetch(let fetch):
                read.insert(fetch.names?.key ?? [])
                #expect(fetch.names?.host == Array("shop.example".utf8))
                let target = String(decoding: fetch.names?.requestURI ?? [], as: UTF8.self)
                #expect(target == "/body" || target.hasPrefix("/capture/"))
            // What nginx refused.
            case .noFetch: break
            case .malformed: Issue.record("malformed: \(String(decoding: line, as: UTF8.self))")
            }
        }
        #expect(isThere)
        #expect(read == expected)
    }

    /// The same against a machine whose nginx still has the format of version 0.1.
    @Test func `a log of the earlier format is refused as a whole`() async throws {
        let format = "escape=none '$msec|$request_time|$upstream_header_time|$upstream_cache_status|$edge_purge_key'"
        try await RealNginx.with(folder, http: http(format: format)) { nginx in
            for format in Self.forgeries {
                _ = try await nginx.answer("/body", method: .POST, body: Array(Self.forged(format).utf8))
            }
        }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("\n2|"), "there is a forged line of the new format")
        var fetches = FetchLog(path: log, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(fetches.read() == nil)
        #expect(fetches.problem?.contains("deploy/nginx/edge-purge.conf") == true)
    }

    private static let format = "escape=default '\(NginxConfiguration.fetchLogFormat)'"

    private func http(format: String) -> String {
        let socket = RealNginx.socket(in: folder.path)
        return """
            proxy_cache_path \(folder.path)/cache levels=1:2 keys_zone=edge:1m;
            map "" $edge_purge_key {
                volatile;
                default "$scheme://$host$request_uri|$request_body|$captured";
            }
            log_format edge_purge \(format);
            server {
                listen unix:\(socket);
                access_log \(log) edge_purge;
                client_body_buffer_size 64k;
                set $captured "";
                proxy_cache edge;
                proxy_cache_methods GET POST;
                proxy_cache_valid any 1h;
                proxy_cache_key "$scheme://$host$request_uri|$request_body|$captured";
                location /body { proxy_pass http://unix:\(folder.path)/origin.sock:; }
                location ~ "^/capture/(?<name>[\\s\\S]*)$" {
                    set $captured $name;
                    proxy_pass http://unix:\(folder.path)/origin.sock:;
                }
            }
            server {
                listen unix:\(folder.path)/origin.sock;
                access_log off;
                return 200 "page";
            }
            """
    }

    @Test func `the format in deploy is the one that is read here`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = try String(contentsOfFile: "/\(folder)/deploy/nginx/edge-purge.conf", encoding: .utf8)
        #expect(text.contains("log_format edge_purge escape=default\n    '\(NginxConfiguration.fetchLogFormat)';"))
    }
}
