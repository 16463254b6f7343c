import LinuxFiles

/// Makes the watchers that work here.
enum WatcherUnderTest {
    static let fanotifyWorks = (try? FanotifyWatcher(roots: ["/tmp"])) != nil
    static let kinds: [WatcherKind] = fanotifyWorks ? [.fanotify, .inotify] : [.inotify]

    /// A watcher that also reports what the tests themselves do.
    static func make(
        _ kind: WatcherKind, _ roots: [String], filter: DirectoryFilter? = nil
    ) throws(FileError) -> any ChangeWatcher {
        switch kind {
        case .fanotify: try FanotifyWatcher(roots: roots, filter: filter, reportsOwnProcess: true)
        case .inotify, .automatic: try InotifyWatcher(roots: roots, filter: filter)
        }
    }
}

extension ChangeWatcher {
    /// Everything one drain reports, in order.
    func changes() throws(FileError) -> (changes: [FileChange], outcome: DrainOutcome) {
        var changes: [FileChange] = []
        let outcome = try drain { changes.append($0) }
        return (changes, outcome)
    }

    /// Paths that one complete drain reports as appeared, without the temporary names.
    func appeared() throws -> Set<String> {
        let (changes, outcome) = try changes()
        guard outcome == .complete else { throw UnexpectedOverflow() }
        return Set(changes.filter { $0.kind == .appeared }.map(\.path).filter { !$0.hasSuffix(".0000000001") })
    }
}

struct UnexpectedOverflow: Error {}
