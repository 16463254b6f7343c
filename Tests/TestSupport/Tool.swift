import Foundation

/// Programs that only tests need; a test that needs one says so with `.enabled(if:)`, and why.
package enum Tool {
    /// Whether a program of this name can be run.
    package static func isInstalled(_ name: String) -> Bool {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }
}
