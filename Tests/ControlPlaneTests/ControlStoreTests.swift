import Foundation
import Logging
import RocksDB
import TestSupport
import Testing

@testable import ControlPlane

struct ControlStoreTests {
    private let directory: TemporaryDirectory
    private let logger: Logger

    init() throws {
        directory = try TemporaryDirectory()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        self.logger = logger
    }

    private func write(_ key: String, to store: ControlStore) async throws {
        try await store.run { store in
            var batch = WriteBatch()
            batch.put(Array(key.utf8), [1], in: store.limits)
            try store.database.write(batch, sync: false)
        }
    }

    private func value(_ key: String, in store: ControlStore) async throws -> [UInt8]? {
        try await store.run { store in try store.database.value(forKey: Array(key.utf8), in: store.limits) }
    }

    @Test func `what was written is there after it was opened again`() async throws {
        let store = try ControlStore.open(directory: directory.path, logger: logger)
        try await write("a", to: store)
        try await store.close()
        let again = try ControlStore.open(directory: directory.path, logger: logger)
        #expect(try await value("a", in: again) == [1])
        try await again.close()
    }

    @Test func `two control planes do not share a directory`() async throws {
        let store = try ControlStore.open(directory: directory.path, logger: logger)
        let error = #expect(throws: ControlStoreError.self) {
            try ControlStore.open(directory: directory.path, logger: logger)
        }
        #expect(error?.message.contains(directory.path) == true)
        try await store.close()
    }

    @Test func `a directory that cannot be made is named`() throws {
        let file = directory.path + "/file"
        try Data().write(to: URL(filePath: file))
        let error = #expect(throws: ControlStoreError.self) {
            try ControlStore.open(directory: file + "/state", logger: logger)
        }
        let text = "cannot make the directory \"\(file)/state\": Not a directory (errno 20)"
        #expect(error?.message.contains(text) == true && error?.message.contains("state_directory") == true)
    }

    @Test(arguments: ["CURRENT", "MANIFEST"])
    func `a damaged database is moved aside, and an empty one takes its place`(name: String) async throws {
        let store = try ControlStore.open(directory: directory.path, logger: logger)
        try await write("a", to: store)
        try await store.close()
        let path = directory.path + "/db"
        for file in try FileManager.default.contentsOfDirectory(atPath: path) where file.hasPrefix(name) {
            try Data("damaged".utf8).write(to: URL(filePath: path + "/" + file))
        }
        for _ in 0..<2 {
            let again = try ControlStore.open(directory: directory.path, logger: logger)
            #expect(try await value("a", in: again) == nil)
            try await again.close()
        }
        #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
    }

    @Test func `damage that only reading finds is met in the same way`() async throws {
        let store = try ControlStore.open(directory: directory.path, logger: logger)
        try await write("a", to: store)
        try await store.close()
        var attempts = 0
        let again = try ControlStore.open(directory: directory.path, logger: logger) { _ in
            attempts += 1
            if attempts == 1 { throw RocksDBError(code: .corruption, message: "a block") }
        }
        #expect(attempts == 2)
        #expect(try await value("a", in: again) == nil)
        try await again.close()
    }
}
