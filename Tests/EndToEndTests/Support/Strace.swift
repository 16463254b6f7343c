import Foundation
import TestSupport

/// An nginx that is traced, so that what it writes takes long.
final class Strace: Sendable {
    /// nginx has no worker.
    struct HasNoWorker: Error {}

    /// Whether strace is there, and may trace.
    static let isPossible = getuid() == 0 && Tool.isInstalled("strace")

    private let process: Process
    private let directory: TemporaryDirectory

    /// Holds each pwrite(2) of an nginx with one worker back, and returns once that is traced.
    init(workerOf master: Int32, delayingWritesBy delay: Duration) async throws {
        directory = try TemporaryDirectory()
        let children = try String(contentsOfFile: "/proc/\(master)/task/\(master)/children", encoding: .utf8)
        let worker = children.split(separator: " ").first { child in
            let title = try? String(contentsOfFile: "/proc/\(child)/cmdline", encoding: .utf8)
            return title?.contains("worker process") == true
        }
        guard let worker else { throw HasNoWorker() }
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let microseconds = delay.components.seconds * 1_000_000 + delay.components.attoseconds / 1_000_000_000_000
        process.arguments = [
            "strace", "-p", String(worker), "-o", directory.path + "/trace", "-e", "trace=pwrite64", "-e",
            "inject=pwrite64:delay_enter=\(microseconds)",
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await eventually("it is traced") {
            let status = try String(contentsOfFile: "/proc/\(worker)/status", encoding: .utf8)
            return !status.contains("TracerPid:\t0")
        }
    }

    /// What it has said so far: a line for each call, its beginning before it is held back.
    var output: String { (try? String(contentsOfFile: directory.path + "/trace", encoding: .utf8)) ?? "" }

    /// Lets nginx go.
    ///
    /// By SIGKILL: strace inherits the signals that this process blocks, SIGTERM among them.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
