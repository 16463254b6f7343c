import Foundation
import LinuxFiles
import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct MachineIdentityTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory.path + "/machine" }

    @Test func `it is drawn once, and another one for each directory`() throws {
        let first = try MachineIdentity.read(in: directory.path)
        #expect(HexText.isLowercase(first, digits: Acknowledgement.machineDigits))
        #expect(try MachineIdentity.read(in: directory.path) == first)
        let other = try TemporaryDirectory()
        #expect(try MachineIdentity.read(in: other.path) != first)
    }

    @Test func `a copy of the directory is the same machine`() throws {
        let first = try MachineIdentity.read(in: directory.path)
        let copy = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: path, toPath: copy.path + "/machine")
        #expect(try MachineIdentity.read(in: copy.path) == first)
    }

    @Test(arguments: [
        "", "\n", "0123", "0123456789ABCDEF\n", "0123456789abcdef0\n", String(repeating: "0", count: 4000),
    ])
    func `what is no identity is replaced`(text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let drawn = try MachineIdentity.read(in: directory.path)
        #expect(HexText.isLowercase(drawn, digits: Acknowledgement.machineDigits))
        #expect(drawn != "0123456789abcdef")
        #expect(try MachineIdentity.read(in: directory.path) == drawn)
    }

    @Test func `one that cannot be read is not replaced`() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(throws: FileError.self) { try MachineIdentity.read(in: directory.path) }
        try FileManager.default.removeItem(atPath: path)
        #expect(throws: FileError.self) { try MachineIdentity.read(in: directory.path + "/none") }
    }
}
