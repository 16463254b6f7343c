import FoundationEssentials
import LinuxFiles

/// Whether the kernel lets the agent watch all directories of its caches.
struct WatchLimitCheck: DoctorCheck {
    /// The watcher that runs; nil: nobody knows.
    let watcher: String?
    /// Directories of all caches, once each is there.
    let directories: Int
    /// Where the kernel tells its limits.
    var folder = "/proc/sys/fs/inotify"

    let name = "watches"
    /// What each process begins with on most systems; others of the same user need some too.
    private static let others = 1000

    /// The directories below a cache path with `levels=1:2`, itself among them.
    ///
    /// - Parameter levels: as in nginx; nil: all files are in one directory.
    static func directories(levels: String?) -> Int {
        var count = 1
        var width = 1
        for level in (levels ?? "").split(separator: ":").compactMap({ Int($0) }) where (1...2).contains(level) {
            width *= level == 1 ? 16 : 256
            count += width
        }
        return count
    }

    func look() async -> [DoctorFinding] {
        if watcher == WatcherKind.fanotify.rawValue { return [.green(nil, "fanotify needs none for directories")] }
        guard let limit = Self.number("\(folder)/max_user_watches") else {
            return [.yellow(folder, "the limits cannot be read", mend: "mount /proc")]
        }
        let wanted = directories + Self.others
        let mend = "sysctl -w fs.inotify.max_user_watches=\(max(65_536, 2 * wanted))   # and in /etc/sysctl.d"
        let seen = "\(limit) inotify watches are allowed, and \(directories) directories are to be watched"
        if limit < directories { return [.red(nil, seen, mend: mend)] }
        return [limit < wanted ? .yellow(nil, seen, mend: mend) : .green(nil, seen)]
    }

    private static func number(_ file: String) -> Int? {
        (try? String(contentsOfFile: file, encoding: .utf8)).flatMap { Int($0.prefix { $0.isWholeNumber }) }
    }
}
