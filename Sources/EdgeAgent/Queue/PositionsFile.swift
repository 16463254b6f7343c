import Crypto
import Foundation
import PurgeModel

/// The file `positions` in the state directory: how far each partition had been applied a replay window ago, on which
/// boot of the machine.
///
/// It stands beside the database, so that a power loss and a damaged database both find it. Written whole and to the
/// disk.
struct PositionsFile: Hashable, Sendable, Codable {
    /// The boot of the machine that wrote it (`/proc/sys/kernel/random/boot_id`).
    var bootID: String
    /// Whether the agent has ended since, with everything it did on the disk.
    var isClean: Bool
    var partitions: [QueuePosition]

    private enum CodingKeys: String, CodingKey {
        case partitions
        case bootID = "boot_id"
        case isClean = "is_clean"
    }

    /// Two lines: JSON, and its SHA-256.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let json = try encoder.encode(self)
        return Array(json) + Array("\n\(Self.digest(json))\n".utf8)
    }

    /// Nil for anything that ``encoded()`` did not write: a file that was cut off or damaged says nothing.
    init?(decoding bytes: [UInt8]) {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 3, lines[2].isEmpty else { return nil }
        let json = Data(lines[0])
        guard lines[1].elementsEqual(Self.digest(json).utf8),
            let file = try? JSONDecoder().decode(PositionsFile.self, from: json)
        else { return nil }
        self = file
    }

    init(bootID: String, isClean: Bool, partitions: [QueuePosition]) {
        self.bootID = bootID
        self.isClean = isClean
        self.partitions = partitions
    }

    /// Reads it; nil where there is none that can be used.
    init?(path: String) {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        self.init(decoding: Array(bytes))
    }

    private static func digest(_ bytes: Data) -> String {
        HexText.text(SHA256.hash(data: bytes))
    }
}
