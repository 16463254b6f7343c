import Foundation

/// What /proc tells about a process.
struct ProcessFigures {
    private let id: Int32

    init(_ id: Int32) { self.id = id }

    /// Processor time so far, in ticks of 10 ms.
    func ticks() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        // The name in parentheses may hold spaces. utime and stime are fields 14 and 15 (proc(5)).
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return 0 }
        return user + system
    }

    /// A size in KiB out of /proc/PID/status, such as `VmRSS`.
    func memoryKiB(_ field: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }
}
