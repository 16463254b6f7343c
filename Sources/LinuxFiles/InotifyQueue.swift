import CLinux
import SystemPackage

/// The reading side of one inotify instance; used by one thread at a time.
struct InotifyQueue: ~Copyable, Sendable {
    private let group: Descriptor
    private let buffer: ReadBuffer
    private let roots: [WatchedRoot]
    private var places: [Int32: DirectoryPlace]
    /// True from the moment events, and with them directories, may be lost until all directories are watched again.
    private var hasLostEvents: Bool
    /// True from the moment a directory came from elsewhere until the caller has been told.
    private var hasMovedIn = false

    private init(group: Int32, roots: [WatchedRoot]) {
        self.group = Descriptor(owning: group)
        buffer = ReadBuffer(byteCount: 256 * 1024)
        self.roots = roots
        places = [:]
        hasLostEvents = false
    }

    static func watching(_ roots: [WatchedRoot]) throws(FileError) -> InotifyQueue {
        let paths = roots.map { $0.directory.path }.joined(separator: ", ")
        let group = linux_inotify_create()
        let advice = group == -EMFILE ? "Raise sysctl fs.inotify.max_user_instances, or the limit of open files" : nil
        try checked(group, "watch with inotify", paths, advice: advice)
        var queue = InotifyQueue(group: group, roots: roots)
        for root in roots.indices { try queue.watch(DirectoryPlace(root: root, path: "")) { _, _ in } }
        return queue
    }

    var number: Int32 { group.number }

    mutating func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome {
        do {
            try readWaiting(body)
            for root in roots { try root.checkUnchanged() }
            guard hasLostEvents else { return .complete }
            // Before the caller looks at all files: what appears in a directory after it was looked at must be
            // reported.
            try watchAllAgain()
        } catch {
            hasLostEvents = true
            throw error
        }
        defer { (hasLostEvents, hasMovedIn) = (false, false) }
        return hasMovedIn ? .movedIn : .overflowed
    }

    /// Handles the bytes that wait now.
    ///
    /// The queue is first in, first out, so those are all events that happened before; later ones may be many.
    private mutating func readWaiting(_ body: (FileChange) -> Void) throws(FileError) {
        var waiting = try checked(linux_waiting_bytes(group.number), "read events of", "inotify")
        while waiting > 0 {
            let read = unsafe linux_read(group.number, buffer.bytes.baseAddress, buffer.byteCount)
            if read == -Int(EAGAIN) || read == 0 { return }
            let end = try checked(read, "read events of", "inotify")
            var offset = 0
            while offset < end {
                // struct inotify_event: watch 4, mask 4, cookie 4, length of the name 4, name padded with null bytes.
                let next = offset + 16 + Int(buffer.load(offset + 12, as: UInt32.self))
                try handle(eventAt: offset, end: next, body)
                offset = next
            }
            waiting -= end
        }
    }

    private mutating func handle(
        eventAt offset: Int, end: Int, _ body: (FileChange) -> Void
    ) throws(FileError) {
        let watch = buffer.load(offset, as: Int32.self)
        let mask = buffer.load(offset + 4, as: UInt32.self)
        if mask & UInt32(IN_Q_OVERFLOW) != 0 {
            hasLostEvents = true
            return
        }
        if mask & UInt32(IN_IGNORED) != 0 {
            places[watch] = nil  // The directory is gone. The kernel does not give its number to another watch.
            return
        }
        guard let place = places[watch] else { return }
        let name = buffer.text(from: offset + 16, to: end)
        if mask & UInt32(IN_ISDIR) != 0 {
            try handle(directory: place.child(name), mask: mask, body)
        } else if mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0,
            roots[place.root].isForDirectory(place.child(name).path)
        {
            hasLostEvents = true  // A link that leads elsewhere, most likely.
        } else if mask & UInt32(IN_MOVED_FROM | IN_DELETE) != 0 {
            body(place.change(name, .vanished))
        } else if mask & UInt32(IN_MOVED_TO) != 0 {
            body(place.change(name, .appeared))
        }
    }

    private mutating func handle(
        directory place: DirectoryPlace, mask: UInt32, _ body: (FileChange) -> Void
    ) throws(FileError) {
        guard roots[place.root].isWatched(place.path) else { return }
        if mask & UInt32(IN_MOVED_FROM) != 0 { forget(place) }
        if mask & UInt32(IN_MOVED_TO) != 0 { (hasLostEvents, hasMovedIn) = (true, true) }
        if mask & UInt32(IN_CREATE | IN_MOVED_TO) != 0 { try watch(place) { body($0.change($1, .appeared)) } }
    }

    /// Watches a directory and all below it; `found` is called with each file in them.
    ///
    /// Each is watched first and listed then: a file that comes in between is seen twice rather than not at all.
    private mutating func watch(
        _ place: DirectoryPlace, _ found: (DirectoryPlace, _ name: String) -> Void
    ) throws(FileError) {
        var pending = [place]
        while let place = pending.popLast() {
            do {
                let watch = try addWatch(place)
                // The same directory as before: it was listed after it had been watched, nothing can be missing.
                if places.updateValue(place, forKey: watch) == place { continue }
                try roots[place.root].directory.forEachEntry(in: place.path) { name, isDirectory in
                    if isDirectory {
                        let below = place.child(name)
                        if roots[place.root].isWatched(below.path) { pending.append(below) }
                    } else {
                        found(place, name)
                    }
                }
            } catch  where error.isAbsent {
                continue  // Removed or renamed meanwhile: there is an event about that.
            }
        }
    }

    private func addWatch(_ place: DirectoryPlace) throws(FileError) -> Int32 {
        let path = roots[place.root].fullPath(place.path)
        let number = unsafe linux_inotify_watch(group.number, path)
        return try checked(
            number, "watch with inotify", path,
            advice: number == -ENOSPC
                ? "All inotify watches are in use (one for each directory): raise sysctl fs.inotify.max_user_watches"
                : nil
        )
    }

    /// A whole directory was renamed away.
    ///
    /// Which files went with it is not known, so the caller has to look at all.
    private mutating func forget(_ place: DirectoryPlace) {
        for (watch, watched) in places where place.contains(watched) {
            _ = linux_inotify_unwatch(group.number, watch)
            places[watch] = nil
        }
        hasLostEvents = true
    }

    /// Finds every directory again, after events about new, renamed and removed ones may have been lost.
    private mutating func watchAllAgain() throws(FileError) {
        let before = places
        places = [:]
        do {
            for root in roots.indices { try watch(DirectoryPlace(root: root, path: "")) { _, _ in } }
        } catch {
            places.merge(before) { found, _ in found }
            throw error
        }
        // Renamed out of the trees. For those that were removed the call fails, which is as good.
        for watch in before.keys where places[watch] == nil { _ = linux_inotify_unwatch(group.number, watch) }
    }
}
