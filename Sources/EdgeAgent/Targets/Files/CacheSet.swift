import LinuxFiles
import Synchronization

/// The caches that an agent looks after, each with a watcher of its own, so that one that fails takes no other with it.
///
/// A cache is opened anew when its directory became another one (removed and made anew, mounted over), and all of them
/// are when the configuration changed. Only the worker's thread opens and replaces them.
final class CacheSet: Sendable {
    typealias MakeWatcher = @Sendable (_ source: CacheSource) throws -> any ChangeWatcher

    /// A cache that is open, under a watcher that was there before it, so that no change between the two is missed.
    private struct Open {
        let format: any CacheFileFormat
        let watcher: any ChangeWatcher
    }

    private struct State {
        var sources: [CacheSource]
        var open: [UInt8: Open] = [:]
    }

    /// What can be said of the cache of a number.
    enum Lookup: Sendable {
        case open(any CacheFileFormat)
        /// It is looked after, and could not be opened so far.
        case closed
        /// It is not looked after any more.
        case unknown
    }

    /// Wakes the worker, and sleeps until a watcher has something, or something was mounted or unmounted.
    let poller: Poller
    private let makeWatcher: MakeWatcher
    private let state: Mutex<State>

    /// Opens nothing yet.
    init(_ sources: [CacheSource], makeWatcher: @escaping MakeWatcher) throws {
        self.makeWatcher = makeWatcher
        poller = try Poller(descriptors: [], mounts: MountTable())
        state = Mutex(State(sources: sources))
    }

    // MARK: Asking

    /// The directories of all caches, as they are configured.
    var paths: [String] { state.withLock { $0.sources.map(\.path) } }
    /// The same, and what is mounted in them: a directory of each file system that holds files of a cache.
    var volumes: [String] {
        paths + formats.flatMap { format in format.identity.mounts.keys.sorted().map { "\(format.path)/\($0)" } }
    }
    /// The numbers of all caches, as they are configured.
    var numbers: [UInt8] { state.withLock { $0.sources.map(\.number) } }
    /// How the keys of all caches keep URLs.
    var forms: [TargetForm] { state.withLock { $0.sources.flatMap(\.forms) } }
    /// Whether names are learnt from the access log for any cache.
    var learns: Bool { state.withLock { $0.sources.contains(where: \.learns) } }
    /// The caches that are open.
    var formats: [any CacheFileFormat] {
        state.withLock { state in state.sources.compactMap { state.open[$0.number]?.format } }
    }
    /// The kernel interface that the caches are watched through; nil while none is open.
    var watcherKind: WatcherKind? { state.withLock { $0.open.values.first?.watcher.kind } }

    func lookup(_ number: UInt8) -> Lookup {
        state.withLock { state in
            if let open = state.open[number] { return .open(open.format) }
            return state.sources.contains { $0.number == number } ? .closed : .unknown
        }
    }

    /// The directory of a cache; nil for one that is not looked after any more.
    func path(_ number: UInt8) -> String? {
        state.withLock { $0.sources.first { $0.number == number }?.path }
    }

    /// The whole path of an object's file, for people.
    func path(of key: ObjectKey) -> String? {
        if case .open(let format) = lookup(key.cache) { format.path(of: key) } else { nil }
    }

    // MARK: Opening

    /// Opens the directory that has a cache's path now, in place of the one that was open; the old one stays where that
    /// fails.
    ///
    /// What happened in it before is to be found by a scan.
    ///
    /// - Returns: nil for a cache that is not looked after any more.
    func reopen(_ number: UInt8) throws -> (any CacheFileFormat)? {
        guard let source = state.withLock({ $0.sources.first { $0.number == number } }) else { return nil }
        let watcher = try makeWatcher(source)
        let format: any CacheFileFormat
        do {
            format = try source.open()
        } catch {
            watcher.close()
            throw error
        }
        let old = state.withLock { state in
            defer { state.open[number] = Open(format: format, watcher: watcher) }
            return state.open[number]
        }
        watch()
        old?.watcher.close()
        return format
    }

    /// From now on these are the caches, opened one by one with ``reopen(_:)``.
    func replace(_ sources: [CacheSource]) {
        let old = state.withLock { state in
            defer { state = State(sources: sources) }
            return state.open
        }
        watch()
        for open in old.values { open.watcher.close() }
    }

    /// Reports what happened in a cache since the last call.
    ///
    /// - Throws: `FileError`; see `ChangeWatcher.drain`.
    func drain(_ number: UInt8, _ body: (ObjectKey) -> Void) throws(FileError) -> DrainOutcome {
        guard let open = state.withLock({ $0.open[number] }) else { return .complete }
        return try open.watcher.drain { change in
            if let key = open.format.key(of: change) { body(key) }
        }
    }

    /// Closes all watchers.
    func close() { for open in state.withLock({ $0.open.values }) { open.watcher.close() } }

    private func watch() {
        poller.replace(descriptors: state.withLock { $0.open.values.map(\.watcher.descriptor) })
    }
}
