import Foundation
import TestSupport

extension TemporaryDirectory {
    func appending(_ name: String) -> String { path + "/" + name }

    /// Names of the files in a sub-directory that end like this, sorted.
    static func files(in directory: String, endingWith suffix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(suffix) }.sorted()
            .map { directory + "/" + $0 }
    }

    /// Changes the bytes of a file in place.
    static func damage(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        change(&bytes)
        try Data(bytes).write(to: URL(filePath: path))
    }
}
