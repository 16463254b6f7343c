import CLinux
import SystemPackage

/// The reading side of one fanotify group; used by one thread at a time.
struct FanotifyQueue: ~Copyable, Sendable {
    private let group: Descriptor
    private let buffer: ReadBuffer
    private var directories: FanotifyDirectories
    /// The process whose file events are left out; -1 for none.
    private let skippedProcess: Int32
    /// True from the moment events may be lost until the caller has been told.
    private var hasLostEvents: Bool
    /// True from the moment a directory came from elsewhere until the caller has been told.
    private var hasMovedIn = false

    private init(group: Int32, directories: FanotifyDirectories, skippedProcess: Int32) {
        self.group = Descriptor(owning: group)
        buffer = ReadBuffer(byteCount: 256 * 1024)
        self.directories = directories
        self.skippedProcess = skippedProcess
        hasLostEvents = false
    }

    static func watching(_ roots: [WatchedRoot], skippedProcess: Int32) throws(FileError) -> FanotifyQueue {
        let advice = "fanotify needs CAP_SYS_ADMIN and a filesystem with file handles: grant it, or use inotify"
        let paths = roots.map { $0.directory.path }.joined(separator: ", ")
        let directories = try FanotifyDirectories(roots: roots)
        let group = try checked(linux_fanotify_create(), "watch with fanotify", paths, advice: advice)
        var queue = FanotifyQueue(group: group, directories: directories, skippedProcess: skippedProcess)
        // Marked before the walk: a directory that is made meanwhile is not missed.
        for part in directories.parts {
            try checked(
                linux_fanotify_mark_filesystem(group, part.number), "watch with fanotify",
                directories.fullPath(part.top),
                advice: advice)
        }
        for root in roots.indices {
            try queue.directories.learn(DirectoryPlace(root: root, path: ""), skipsLeaves: true) { _, _ in }
        }
        try queue.markCreation()
        return queue
    }

    var number: Int32 { group.number }

    mutating func drain(_ body: (FileChange) -> Void) throws(FileError) -> DrainOutcome {
        do {
            try readWaiting(body)
            try markCreation()
            for root in directories.roots { try root.checkUnchanged() }
        } catch {
            hasLostEvents = true
            directories.forgetAll()
            throw error
        }
        directories.pruneIfLarge()
        defer { (hasLostEvents, hasMovedIn) = (false, false) }
        if hasMovedIn { return .movedIn }
        return hasLostEvents ? .overflowed : .complete
    }

    /// Has what is made in directories that hold other directories reported.
    private mutating func markCreation() throws(FileError) {
        for place in directories.takeUnmarked() {
            guard let directory = try directories.roots[place.root].open(place.path) else { continue }
            try checked(
                linux_fanotify_mark_creation(group.number, directory.number), "watch with fanotify", directory.path)
        }
    }

    /// Handles as many events as wait now.
    ///
    /// The queue is first in, first out (merging moves an event only forward), so those are all that happened before;
    /// later ones may be many.
    private mutating func readWaiting(_ body: (FileChange) -> Void) throws(FileError) {
        let bytesOfEachEvent = 24  // What FIONREAD counts for an event, whatever its real length.
        var waiting = try checked(linux_waiting_bytes(group.number), "read events of", "fanotify") / bytesOfEachEvent
        while waiting > 0 {
            let read = unsafe linux_read(group.number, buffer.bytes.baseAddress, buffer.byteCount)
            if read == -Int(EAGAIN) || read == 0 { return }
            let end = try checked(read, "read events of", "fanotify")
            var offset = 0
            while offset < end {
                let length = Int(buffer.load(offset, as: UInt32.self))
                try handle(eventAt: offset, end: offset + length, body)
                offset += length
                waiting -= 1
            }
        }
    }

    /// struct fanotify_event_metadata: event length 4, version 1, reserved 1, metadata length 2, mask 8, descriptor 4,
    /// pid 4.
    private mutating func handle(
        eventAt offset: Int, end: Int, _ body: (FileChange) -> Void
    ) throws(FileError) {
        let mask = buffer.load(offset + 8, as: UInt64.self)
        if mask & UInt64(FAN_Q_OVERFLOW) != 0 {
            hasLostEvents = true
            directories.forgetAll()  // A rename of a directory may be among what was lost.
            return
        }
        let isDirectory = mask & UInt64(FAN_ONDIR) != 0
        let isRename = mask & UInt64(FAN_MOVED_FROM | FAN_MOVED_TO) != 0
        if isDirectory, !isRename, mask & UInt64(FAN_DELETE) == 0 { return }
        if !isDirectory, buffer.load(offset + 20, as: Int32.self) == skippedProcess { return }
        let information = offset + Int(buffer.load(offset + 6, as: UInt16.self))
        guard let (place, name) = try directoryAndName(at: information, end: end) else { return }
        if isDirectory {
            try handle(directory: place.child(name), mask: mask, body)
            return
        }
        if mask & UInt64(FAN_CREATE | FAN_MOVED_TO) != 0,
            directories.roots[place.root].isForDirectory(place.child(name).path)
        {
            hasLostEvents = true  // A link that leads elsewhere, most likely.
        }
        // One event can stand for several of the same name; the order is lost then, and "look at the file" has to come
        // last.
        if mask & UInt64(FAN_MOVED_FROM | FAN_DELETE) != 0 { body(place.change(name, .vanished)) }
        if mask & UInt64(FAN_MOVED_TO) != 0 { body(place.change(name, .appeared)) }
    }

    /// struct fanotify_event_info_fid: type 1, padding 1, length 2, filesystem id 8, file handle (length 4, type 4,
    /// bytes), name.
    private mutating func directoryAndName(
        at offset: Int, end: Int
    ) throws(FileError) -> (DirectoryPlace, String)? {
        guard offset + 20 <= end, buffer.load(offset, as: UInt8.self) == UInt8(FAN_EVENT_INFO_TYPE_DFID_NAME),
            let handle = DirectoryHandle(
                filesystem: buffer.load(offset + 4, as: UInt64.self), at: offset + 12, in: buffer
            ),
            let place = try directories.place(of: handle)
        else { return nil }
        let recordEnd = offset + Int(buffer.load(offset + 2, as: UInt16.self))
        let name = buffer.text(from: offset + 20 + Int(handle.raw.length), to: min(recordEnd, end))
        return (place, name)
    }

    /// A whole directory was renamed, or removed.
    ///
    /// Which files vanished from the old path is not known, so the caller has to look at all; those at the new path
    /// are reported one by one.
    private mutating func handle(
        directory place: DirectoryPlace, mask: UInt64, _ body: (FileChange) -> Void
    ) throws(FileError) {
        guard directories.roots[place.root].isWatched(place.path) else { return }
        directories.unmark(place)
        if mask & UInt64(FAN_MOVED_FROM) != 0 {
            directories.forget(place)
            hasLostEvents = true
        }
        if mask & UInt64(FAN_MOVED_TO) != 0 {
            hasMovedIn = true
            try directories.learn(place, skipsLeaves: false) { body($0.change($1, .appeared)) }
        }
    }
}
