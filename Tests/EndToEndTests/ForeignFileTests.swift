import Foundation
import NIOHTTP1
import TestSupport
import Testing

extension EndToEndTests {
    /// Files in a cache directory that are not live cache files of the version we know.
    @Suite struct ForeignFileTests: SharesEnvironment {
        @Test func `files of another version, cut off or not nginx's are left alone, counted and named once`()
            async throws
        {
            let environment = try environment
            let cache = environment.ready.caches[0]
            try await environment.warm(["/foreign/1?tags=foreign"])
            let real = try sample(of: cache)
            var otherVersion = real
            otherVersion[0] = 6
            let files: [(name: String, bytes: Data, reason: String)] = [
                (String(repeating: "a", count: 32), otherVersion, "other_version"),
                (String(repeating: "b", count: 32), real.prefix(200), "truncated"),
                (String(repeating: "c", count: 32), Data(repeating: 0x78, count: 1000), "not_a_cache_file"),
            ]
            let before = try await environment.web.admin(cache, "/v1/index/stats")["skipped_files"]
            for round in 0..<2 {
                for (name, bytes, _) in files { try put(bytes, name, cache) }
                for (name, _, reason) in files {
                    try await eventually("\(reason) is counted") {
                        let now = try await environment.web.admin(cache, "/v1/index/stats")["skipped_files"]
                        return (now[reason].int ?? 0) > (before[reason].int ?? 0) + round
                    }
                    _ = name
                }
            }
            try await environment.purge(#"{"purge_everything":true}"#)
            for (name, bytes, reason) in files {
                let path = "\(cache.cachePath)/\(place(name))"
                #expect(FileManager.default.contents(atPath: path) == bytes, "\(reason) was touched")
                try FileManager.default.removeItem(atPath: path)
            }
            let log = try agentLog(cache)
            #expect(log.components(separatedBy: "left a file alone").count - 1 <= 3, "each reason is named once")
            #expect(log.contains("header version 6"))
        }

        private func place(_ name: String) -> String {
            "\(name.suffix(1))/\(name.suffix(3).prefix(2))/\(name)"
        }

        private func put(_ bytes: Data, _ name: String, _ cache: DevEnvironment.Cache) throws {
            let path = "\(cache.cachePath)/\(place(name))"
            let folder = (path as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let temporary = path + ".0000000001"
            try bytes.write(to: URL(fileURLWithPath: temporary))
            let result = unsafe rename(temporary, path)
            #expect(result == 0)
        }

        /// The bytes of any live file of the cache.
        private func sample(of cache: DevEnvironment.Cache) throws -> Data {
            let files = FileManager.default.enumerator(atPath: cache.cachePath)?.compactMap { $0 as? String } ?? []
            for file in files {
                let bytes = FileManager.default.contents(atPath: "\(cache.cachePath)/\(file)")
                if let bytes, bytes.first == 5 { return bytes }
            }
            throw Missing()
        }

        /// Everything the agent of a cache has logged.
        private func agentLog(_ cache: DevEnvironment.Cache) throws -> String {
            let folder = try environment.ready.directory
            let files = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
            let logs = files.filter { $0.hasSuffix(".log") && $0.contains(cache.agent) && !$0.contains("/db/") }
            return try logs.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }.joined()
        }
    }
}
