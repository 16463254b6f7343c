import Foundation

/// Real input to begin with.
enum Fixtures {
    private static let tests = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Cache files that nginx 1.22.1 wrote: a page, a variant, a slice, and one whose head is longer than one read.
    static func cacheFiles() throws -> [[UInt8]] {
        try ["page", "variant", "slice", "long"].map { name in
            Array(try Data(contentsOf: tests.appendingPathComponent("FuzzTests/Resources/\(name).cache")))
        }
    }

    /// A golden message of the wire formats.
    static func golden(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: tests.appendingPathComponent("PurgeModelTests/Resources/\(name)")))
    }
}
