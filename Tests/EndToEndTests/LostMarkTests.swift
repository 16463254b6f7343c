import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// Attack A1 on real nginx: a purge falls between the moments at which nginx reads a file's header for a 304 and
    /// writes it back.
    @Suite(.enabled(if: Strace.isPossible, "needs strace, and the right to trace nginx"))
    struct LostMarkTests: SharesEnvironment {
        @Test func `a 304 that writes its header over the mark does not bring the page back`() async throws {
            let environment = try environment
            let cache = environment.ready.caches[0]
            let path = "/revalidate/mark"
            let target = "\(path)?tags=mark-304"
            let body = #"{"tags":["mark-304"]}"#
            func undone() async throws -> Int {
                let lines = (try await environment.web.admin(cache, "/metrics").text ?? "").split(separator: "\n")
                let line = lines.first { $0.hasPrefix("edge_purge_agent_undone_marks_total ") }
                return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
            let before = try await undone()
            try await environment.warm([target])
            try await environment.purge(body, invalidate: true)
            try await environment.origin(.POST, "hold?path=\(path)&part=head")
            let old = Task { try await environment.web.page(cache, target) }
            try await eventually("the origin has the request") {
                try await environment.origin(.GET, "held?path=\(path)")["held"].int == 1
            }
            // The origin has answered 304, and now the page changes.
            try await environment.origin(.POST, "bump?path=\(path)")
            let master = try environment.processIDs().nginx[cache.agent].required
            let strace = try await Strace(workerOf: master, delayingWritesBy: .milliseconds(1500))
            do {
                try await environment.origin(.POST, "release?path=\(path)")
                try await eventually("nginx is about to write the header") { strace.output.contains(", 336, 0") }
                try await environment.purge(body)
                try await eventually("nginx has written it") { strace.output.contains("= 336 (DELAYED)") }
            } catch {
                strace.stop()
                throw error
            }
            strace.stop()
            #expect(try await old.value.cacheStatus == "REVALIDATED")
            try await eventually("the page is new") {
                try await environment.web.page(cache, target).version == "2"
            }
            for _ in 0..<20 { #expect(try await environment.web.page(cache, target).version == "2") }
            #expect(try await undone() == before + 1, "else the purge did not fall between the two")
        }
    }
}
