import LinuxFiles
import Synchronization

/// The caches that an agent looks after and the watcher over them.
///
/// Both are replaced together: when a directory became another one (removed and made anew, mounted over), and when the configuration
/// changed. Only the cache worker replaces them.
final class CacheSet: Sendable {
    typealias MakeWatcher = @Sendable (_ roots: [String]) throws -> any ChangeWatcher

    /// Caches that were opened under a watcher that was there before them, so that no change between the two is missed.
    struct Opened: Sendable {
        let caches: [NginxCache]
        fileprivate let watcher: any ChangeWatcher
    }

    /// Wakes the cache worker, and sleeps until the watcher has something.
    let poller: Poller
    private let makeWatcher: MakeWatcher
    private let current: Mutex<Opened>

    init(_ caches: [NginxCache], makeWatcher: @escaping MakeWatcher) throws {
        self.makeWatcher = makeWatcher
        let opened = try Self.open(caches, makeWatcher)
        poller = try Poller(descriptors: [opened.watcher.descriptor])
        current = Mutex(opened)
    }

    var caches: [NginxCache] { current.withLock { $0.caches } }
    var watcher: any ChangeWatcher { current.withLock { $0.watcher } }

    /// Opens the directories as they are now, and a new watcher over them, without using them yet.
    ///
    /// - Parameter caches: nil: those of now.
    /// - Throws: when a directory is not there.
    func reopened(_ caches: [NginxCache]? = nil) throws -> Opened {
        try Self.open(caches ?? self.caches, makeWatcher)
    }

    /// From now on these are the caches.
    ///
    /// What happened in them before is to be found by a scan.
    func use(_ opened: Opened) {
        let old = current.withLock { current in
            defer { current = opened }
            return current
        }
        poller.replace(descriptors: [opened.watcher.descriptor])
        old.watcher.close()
    }

    /// Closes the watcher.
    func close() { watcher.close() }

    private static func open(_ caches: [NginxCache], _ makeWatcher: MakeWatcher) throws -> Opened {
        let watcher = try makeWatcher(caches.map(\.path))
        do {
            return Opened(caches: try caches.map { try $0.reopened() }, watcher: watcher)
        } catch {
            watcher.close()
            throw error
        }
    }
}
