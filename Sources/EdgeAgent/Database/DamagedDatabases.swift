import Foundation

/// Databases that were damaged and moved aside within the state directory, for somebody who wants to know how it came
/// about.
struct DamagedDatabases {
    private let directory: String

    /// Kept at most; each may be as large as the index.
    private static let keptMax = 2
    private static let prefix = "db.damaged-"

    /// - Parameter directory: the state directory.
    init(_ directory: String) { self.directory = directory }

    /// Their names, oldest first.
    func names() -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasPrefix(Self.prefix) }.sorted()
    }

    /// Moves the database aside, and removes those that are too many; returns the new path.
    ///
    /// The database must be closed.
    ///
    /// - Parameter time: part of the name, so that it sorts.
    func moveAside(time: Date) throws -> String {
        // Removed first: a full disk must not keep the agent from going on.
        for name in names().dropLast(Self.keptMax - 1) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(name)")
        }
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withYear, .withMonth, .withDay, .withTime, .withTimeZone]
        let name = Self.prefix + formatter.string(from: time)
        var path = "\(directory)/\(name)"
        var number = 1
        while FileManager.default.fileExists(atPath: path) {
            number += 1
            path = "\(directory)/\(name)-\(number)"
        }
        try FileManager.default.moveItem(atPath: "\(directory)/db", toPath: path)
        return path
    }
}
