import Foundation

extension NginxDump {
    /// What a file has that `nginx -T` was written to.
    ///
    /// - Parameter path: `-` for standard input.
    /// - Throws: `CommandFailure` where it cannot be read.
    static func text(at path: String) throws(CommandFailure) -> String {
        do {
            let handle = path == "-" ? .standardInput : try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        } catch {
            throw CommandFailure("\(path): \(FileProblem.reason(error))")
        }
    }
}
