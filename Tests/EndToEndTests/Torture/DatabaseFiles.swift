import Foundation
import TestSupport

/// The files of an agent's database, to be damaged.
struct DatabaseFiles {
    private let directory: String

    /// At most so many bytes are changed.
    private static let bytesMax = 64

    /// - Parameter cache: whose agent.
    init(_ cache: DevEnvironment.Cache) {
        directory = URL(filePath: cache.agentConfig).deletingLastPathComponent().path + "/state/db"
    }

    /// A file of data, or the one that names the newest list of them; nil where there is none.
    func pick(_ random: inout SeededGenerator) -> String? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let files = names.filter { $0.hasSuffix(".sst") || $0 == "CURRENT" }.sorted()
        return files.isEmpty ? nil : "\(directory)/\(random.pick(files))"
    }

    /// Overwrites some bytes in its first half.
    func damage(_ path: String, _ random: inout SeededGenerator) throws {
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        let size = Int(try file.seekToEnd())
        try file.seek(toOffset: UInt64(random.number(0...max(0, size / 2))))
        let bytes = (0..<random.number(1...Self.bytesMax)).map { _ in UInt8(random.number(0...255)) }
        try file.write(contentsOf: bytes)
    }
}
