import Foundation

/// What other processes use, by /proc.
enum ProcessMemory {
    /// Resident memory in bytes; 0 for a process that does not run.
    static func resident(_ process: Int32) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8)) ?? ""
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * Int(getpagesize()) } ?? 0
    }
}
