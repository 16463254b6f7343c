import Foundation
import TestSupport

/// What is done to a machine beside the messages of a flood.
struct OverloadHarm {
    private let flood: OverloadFlood
    private let environment: DevEnvironment
    private let cache: DevEnvironment.Cache
    private let original: String
    private var away: String { environment.ready.directory + "/overload" }

    init(_ flood: OverloadFlood, _ environment: DevEnvironment) throws {
        self.flood = flood
        self.environment = environment
        cache = environment.ready.caches[0]
        original = try environment.configuration(of: cache)
    }

    /// Whether the purges of the flood cannot be confirmed before it ends.
    var holdsPurges: Bool { flood == .deadDirectory || flood == .immutableFile }

    func begin() async throws {
        switch flood {
        case .deadDirectory:
            try FileManager.default.createDirectory(atPath: away, withIntermediateDirectories: true)
            let item = "caches:\n  - path: \(away)\n    cache_key: $host$request_uri\n"
            try await reload(original.replacing("caches:\n", with: item))
            try await eventually("the path is looked after") {
                "\(try await environment.web.admin(cache, "/v1/status")["caches"])".contains(away)
            }
            try FileManager.default.removeItem(atPath: away)
        case .immutableFile: try ImmutableFile.set(true, try files())
        default: break
        }
    }

    func end() async throws {
        switch flood {
        case .deadDirectory: try await reload(original)
        case .immutableFile: try ImmutableFile.set(false, try files())
        default: return
        }
        try await environment.becomesLive(cache)
    }

    private func reload(_ configuration: String) async throws {
        try configuration.write(toFile: cache.agentConfig, atomically: true, encoding: .utf8)
        kill(try environment.processID(of: cache.agent).required, SIGHUP)
    }

    /// Some cache files of the flood's pages.
    private func files() throws -> [String] {
        let root = URL(fileURLWithPath: cache.cachePath)
        guard let found = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) else { return [] }
        var files: [String] = []
        for case let file as URL in found where files.count < 3 && file.lastPathComponent.count == 32 {
            let head = try FileHandle(forReadingFrom: file).read(upToCount: 2_000) ?? Data()
            if head.range(of: Data(OverloadWriter.host.utf8)) != nil { files.append(file.path) }
        }
        return files
    }
}
