import Logging
import NIOPosix
import ServiceLifecycle
import Threads

/// Looks once a second whether files have changed, and reads them again then.
///
/// A certificate and its key are seldom replaced in one step: what cannot be used is tried again until it can.
struct FileReloader: Service {
    /// One group of files and how it was seen last.
    private struct Watched: Sendable {
        var files: WatchedFiles
        /// Nil before the first look: what was read before may have been something older.
        var stamps: [FileStamp?]?
        /// Whether the files as `stamps` has them were refused; then they are tried again, and complained of only once.
        var isRefused = false
    }

    private let initial: [Watched]
    private let logger: Logger

    /// Creates a reloader.
    init(_ files: [WatchedFiles], logger: Logger) {
        initial = files.map { Watched(files: $0) }
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var watched = initial
            while !Task.isCancelled {
                watched = (try? await Self.look(at: watched, logger)) ?? watched
                // An error here is the cancellation, which ends the loop.
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Files block: a thread of their own does it.
    private static func look(at watched: [Watched], _ logger: Logger) async throws -> [Watched] {
        try await DedicatedThread.run(name: "reload") { watched.map { looked($0, logger) } }
    }

    private static func looked(_ watched: Watched, _ logger: Logger) -> Watched {
        var watched = watched
        let stamps = watched.files.paths.map(FileStamp.init(path:))
        let isChanged = stamps != watched.stamps
        guard isChanged || watched.isRefused else { return watched }
        do {
            try watched.files.reload()
            watched.isRefused = false
            if watched.stamps != nil {
                logger.notice("files were read again", metadata: ["what": "\(watched.files.name)"])
            }
        } catch {
            if isChanged || !watched.isRefused {
                logger.error(
                    "files have changed and cannot be used; what was read before stays in force",
                    metadata: ["what": "\(watched.files.name)", "error": "\(error)"])
            }
            watched.isRefused = true
        }
        watched.stamps = stamps
        return watched
    }
}
