import Foundation

@testable import EdgeAgent

/// The machines' databases: opening one takes as long as a history, so they are emptied and used again.
struct SimulatedDatabases {
    private let directory: String
    private let count: Int
    private var open: [AgentDatabase] = []
    private var uses = 0

    /// What is emptied leaves something behind that makes reading slower.
    private static let usesMax = 25

    init(_ directory: String, count: Int) throws {
        self.directory = directory
        self.count = count
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try make()
    }

    /// One for each machine, with nothing in it.
    mutating func empty() throws -> [AgentDatabase] {
        uses += 1
        if uses > Self.usesMax {
            close()
            try FileManager.default.removeItem(atPath: directory)
            try make()
        } else {
            for database in open { try Self.empty(database) }
        }
        return open
    }

    private mutating func make() throws {
        uses = 0
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        open = try (0..<count).map { number in
            // Twice: one that is new would take each start for one after the loss of another.
            try Self.database("\(directory)/\(number)").close()
            return try Self.database("\(directory)/\(number)")
        }
    }

    private static func database(_ path: String) throws -> AgentDatabase {
        try AgentDatabase(path: path, blockCacheBytes: 1 << 20, reserveBytes: 0)
    }

    func close() { for database in open { database.close() } }

    private static func empty(_ database: AgentDatabase) throws {
        try database.write { change in
            for table in database.index.all + [database.queue] { try empty(table, &change) }
            let meta = database.meta
            meta.directories.deleteAll(from: &change)
            meta.flushes.deleteAll(from: &change)
            meta.totals.delete(from: &change)
            meta.isLoading.delete(from: &change)
            meta.positions.deleteAll(from: &change)
            meta.begun.deleteAll(from: &change)
            meta.progress.deleteAll(from: &change)
            meta.isUncertain.delete(from: &change)
            meta.lastMessages.deleteAll(from: &change)
            meta.guards.deleteAll(from: &change)
            meta.suspects.deleteAll(from: &change)
        }
    }

    private static func empty(_ table: Table, _ change: inout Change) throws {
        for (key, _) in try table.entries(beginningWith: []) { change.delete(key, in: table) }
    }
}
