import LinuxFiles
import Synchronization

/// Tells of changes in a ``MemoryDirectory``, and can lose some.
final class MemoryWatcher: ChangeWatcher {
    private struct State {
        var pages: [Int] = []
        var hasLost = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// Nobody waits for it.
    let descriptor: Int32 = -1
    let kind = WatcherKind.inotify

    var isClosed: Bool { state.withLock { $0.isClosed } }

    func note(_ page: Int) { state.withLock { $0.pages.append(page) } }

    func overflow() {
        state.withLock { state in
            state.pages = []
            state.hasLost = true
        }
    }

    func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome {
        let told = state.withLock { state in
            defer { (state.pages, state.hasLost) = ([], false) }
            return (pages: state.pages, hasLost: state.hasLost)
        }
        for page in told.pages { body(FileChange(root: 0, directory: "", name: "\(page)", kind: .appeared)) }
        return told.hasLost ? .overflowed : .complete
    }

    func close() { state.withLock { $0.isClosed = true } }
}
