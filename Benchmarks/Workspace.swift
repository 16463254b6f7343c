import Dispatch
import Foundation
import Glibc
import Synchronization

/// The temporary directory and the child processes of one run; both are gone at its end, also after Ctrl-C.
final class Workspace: Sendable {
    private struct State {
        var children: [Process] = []
        var isRemoved = false
    }

    /// The directory.
    let path: String
    private let state = Mutex(State())
    private let interrupts = Mutex<[any DispatchSourceSignal]>([])

    /// Makes a directory of its own in `parent`.
    init(in parent: String) throws {
        let path = "\(parent)/edge-purge-bench-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        self.path = path
        for number in [SIGINT, SIGTERM, SIGHUP] { removeOn(number) }
    }

    /// Removes everything and ends the process when a signal comes.
    private func removeOn(_ number: Int32) {
        signal(number, SIG_IGN)
        interrupts.withLock { interrupts in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                remove()
                exit(130)
            }
            source.resume()
            interrupts.append(source)
        }
    }

    /// Starts the edge-purge executable that lies beside this one; its output goes to `NAME.log`.
    func start(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Process {
        let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "edge-purge")
        guard FileManager.default.isExecutableFile(atPath: executable.path) else {
            throw BenchmarkError("'\(executable.path)' is missing: build it with 'swift build -c release'")
        }
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        _ = FileManager.default.createFile(atPath: "\(path)/\(name).log", contents: nil)
        let log = try FileHandle(forWritingTo: URL(filePath: "\(path)/\(name).log"))
        process.standardOutput = log
        process.standardError = log
        try state.withLock { state in
            guard !state.isRemoved else { throw BenchmarkError("interrupted") }
            try process.run()
            state.children.append(process)
        }
        return process
    }

    /// Ends one child and waits for it.
    func stop(_ process: Process) {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
    }

    /// What a child wrote last, for error messages.
    func logTail(_ name: String) -> String {
        let text = (try? String(contentsOfFile: "\(path)/\(name).log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(10).joined(separator: "\n")
    }

    /// Ends all children, last started first, and removes the directory; more calls do nothing.
    func remove() {
        state.withLock { state in
            guard !state.isRemoved else { return }
            state.isRemoved = true
            for process in state.children.reversed() where process.isRunning {
                process.terminate()
                process.waitUntilExit()
            }
            // Renamed first: after Ctrl-C another thread may still be making files in it.
            let doomed = path + ".removing"
            try? FileManager.default.moveItem(atPath: path, toPath: doomed)
            try? FileManager.default.removeItem(atPath: doomed)
        }
    }
}
