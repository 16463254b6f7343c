import Foundation
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `edge-purge dev` without privileges: inotify instead of fanotify, nginx under the same user.
@Suite(.enabled(if: OrdinaryUser.isPossible, "to become another user needs root")) struct OrdinaryUserTests {
    @Test func `the tour works for an ordinary user and leaves nothing behind`() async throws {
        let user = try OrdinaryUser()
        defer { user.remove() }
        let result = try await Subprocess.run(
            .path(FilePath(user.command[0])), arguments: Arguments(user.command.dropFirst() + ["dev", "--once"]),
            environment: Program.environment(with: user.variables), workingDirectory: FilePath(user.folder),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20)
        )
        #expect(
            result.terminationStatus.isSuccess, "\(result.standardOutput)\n\(result.standardError)")
        let left = try user.processes()
        #expect(left.isEmpty, "processes that stayed: \(left)")
    }

    @Test func `permission lost: purges wait, the reason is told, and they are applied when it is given back`()
        async throws
    {
        let user = try OrdinaryUser()
        defer { user.remove() }
        try await DevEnvironment.run(options: ["--caches", "1"], user: user) { environment in
            let cache = environment.ready.caches[0]
            for name in ["files", "directories", "state", "kept"] {
                _ = try await environment.web.page(cache, "/lost/\(name)?tags=\(name)")
                #expect(try await environment.web.page(cache, "/lost/\(name)?tags=\(name)").cacheStatus == "HIT")
            }
            let cached = try FileManager.default.subpathsOfDirectory(atPath: cache.cachePath)
                .map { "\(cache.cachePath)/\($0)" }
            let state = "\(environment.ready.directory)/\(cache.agent)/state"

            try await lose(cached.filter { !Self.isDirectory($0) }, "files", permissions: 0o600, cache, environment)
            try await lose(cached.filter(Self.isDirectory), "directories", permissions: 0o700, cache, environment)
            try await lose([state], "state", permissions: 0o700, cache, environment)
            #expect(try await environment.web.page(cache, "/lost/kept?tags=kept").cacheStatus == "HIT")
        }
    }

    /// Limit 46 of version 0.1.0: with inotify, `lost+found` kept an agent from live for ever.
    @Test func `a directory that nginx never looks into may be closed`() async throws {
        let user = try OrdinaryUser()
        defer { user.remove() }
        try await DevEnvironment.run(options: ["--caches", "1"], user: user) { environment in
            let cache = environment.ready.caches[0]
            let lost = cache.cachePath + "/lost+found"
            try FileManager.default.createDirectory(atPath: lost, withIntermediateDirectories: false)
            try Self.give([lost], to: 0, permissions: 0o700)
            kill(try environment.processID(of: cache.agent).required, SIGKILL)
            _ = try await environment.web.page(cache, "/beside?tags=beside")
            let id = try await environment.accept(#"{"tags":["beside"]}"#)
            let purge = try await environment.web.json(.GET, "\(environment.ready.control)/v1/purges/\(id)?wait=60s")
                .value
            #expect(purge["state"].text == "confirmed", "\(purge)")
            #expect(try await environment.web.admin(cache, "/v1/status")["problem"] == .null)
        }
    }

    /// Takes paths away from the agent, purges, and gives them back.
    private func lose(
        _ paths: [String], _ name: String, permissions: Int, _ cache: DevEnvironment.Cache,
        _ environment: DevEnvironment
    ) async throws {
        try Self.give(paths, to: 0, permissions: 0o600)
        // What is open stays open, so the state is missed by the next process.
        if name == "state" { kill(try environment.processID(of: cache.agent).required, SIGKILL) }
        let id = try await environment.accept(#"{"tags":["\#(name)"]}"#)
        if name != "state" {
            try await eventually("it says why") {
                try await environment.agent(cache)["problem"].text?.contains("Permission denied") == true
            }
        }
        let url = "\(environment.ready.control)/v1/purges/\(id)"
        let open = try await environment.web.json(.GET, "\(url)?wait=1s").value
        #expect(open["state"].text == "pending", "\(name): \(open)")
        try Self.give(paths, to: OrdinaryUser.number, permissions: permissions)
        let purge = try await environment.web.json(.GET, "\(url)?wait=60s").value
        #expect(purge["state"].text == "confirmed", "\(name): \(purge)")
        try await environment.becomesLive(cache)
        #expect(try await environment.web.admin(cache, "/v1/status")["problem"] == .null)
        #expect(try await environment.web.page(cache, "/lost/\(name)?tags=\(name)").cacheStatus == "MISS")
    }

    private static func isDirectory(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.type] as? FileAttributeType == .typeDirectory
    }

    private static func give(_ paths: [String], to owner: Int, permissions: Int) throws {
        for path in paths {
            try FileManager.default.setAttributes(
                [.ownerAccountID: owner, .groupOwnerAccountID: owner, .posixPermissions: permissions],
                ofItemAtPath: path)
        }
    }
}
