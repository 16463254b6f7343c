import LinuxFiles
import Synchronization

@testable import EdgeAgent

/// A cache directory in memory, as it outlives nginx and the agent: one file for each page, and what makes trouble.
final class MemoryDirectory: Sendable {
    /// What one file holds.
    ///
    /// Wall times are those that its header and the file system would have; the rest is for the judge.
    struct File: Sendable {
        /// Tells it from an earlier one of the same name.
        var generation: UInt64 = 0
        /// What the origin answered.
        var version: Int
        /// When the file was made and when it was renamed or renewed: milliseconds since 1970.
        var born: Int64
        var changed: Int64
        /// When the head of the response had come: seconds since 1970.
        var date: Int64
        /// Until when it is fresh: seconds since 1970.
        var validUntil: Int64
        var isDeleted = false
        /// Whether it is another file with nothing in it, which is deleted too.
        var isEmptied = false
        /// Marked stale, and not renewed since.
        var isInvalidated = false
        /// Whether a 304 has renewed it.
        var isRenewed = false
        /// When the fetch began, when its head came, when it landed or renewed the file: simulated milliseconds.
        var began: Int64
        var head: Int64
        var landed: Int64
        /// How far the wall clocks were set when the head came.
        var jump: Int64

        /// Whether it is served without asking the origin.
        var isLive: Bool { !isDeleted && !isInvalidated }
    }

    /// A file that the agent has marked, as it was before.
    struct Mark: Sendable {
        var page: Int
        var before: File
        var generation: UInt64
        /// When, in simulated milliseconds.
        var at: Int64
    }

    private struct State {
        var files: [Int: File] = [:]
        var lastGeneration: UInt64 = 0
        var watchers: [MemoryWatcher] = []
        var marks: [Mark] = []
        var unjudged: [Mark] = []
        var isClosed = false
        var unmarkable: Set<Int> = []
        var stamp: DirectoryStamp?
    }

    let path: String
    private let clock: SimulatedClock
    private let state = Mutex(State())

    /// Marks older than this are on the disk, in milliseconds.
    static let writeback: Int64 = 2000

    init(_ path: String, _ clock: SimulatedClock) {
        self.path = path
        self.clock = clock
    }

    // MARK: What nginx and people do

    var files: [Int: File] { state.withLock { $0.files } }

    /// Puts a new file in a page's place.
    func land(_ file: File, page: Int) {
        change(page) { state in
            state.lastGeneration += 1
            var file = file
            file.generation = state.lastGeneration
            state.files[page] = file
        }
    }

    /// A 304 renews a file, if it is still the one that was asked about.
    func renew(_ page: Int, generation: UInt64, _ body: (inout File) -> Void) {
        state.withLock { state in
            guard var file = state.files[page], file.generation == generation, !file.isDeleted else { return }
            body(&file)
            file.isInvalidated = false
            file.isRenewed = true
            state.files[page] = file
        }
    }

    /// Another file takes the place of one that is deleted; returns whether there was one with something in it.
    func empty(_ page: Int) -> Bool {
        guard let file = files[page], file.isDeleted, !file.isEmptied else { return false }
        change(page) { state in
            state.lastGeneration += 1
            state.files[page]?.generation = state.lastGeneration
            state.files[page]?.isEmptied = true
        }
        return true
    }

    func evict(_ page: Int) {
        guard files[page] != nil else { return }
        change(page) { $0.files[page] = nil }
    }

    private func change(_ page: Int, _ body: (inout State) -> Void) {
        let watchers = state.withLock { state in
            body(&state)
            return state.watchers
        }
        for watcher in watchers { watcher.note(page) }
    }

    /// Marks that were not on the disk yet may be undone, of each file the latest ones.
    func losePower(_ isLost: (Mark) -> Bool) {
        let now = clock.passed
        state.withLock { state in
            var kept: Set<Int> = []
            for mark in state.marks.reversed() where !kept.contains(mark.page) {
                if now - mark.at <= Self.writeback, isLost(mark) {
                    if state.files[mark.page]?.generation == mark.generation { state.files[mark.page] = mark.before }
                } else {
                    kept.insert(mark.page)
                }
            }
            state.marks = []
        }
    }

    // MARK: Trouble

    /// Whether nobody can open it.
    var isClosed: Bool {
        get { state.withLock { $0.isClosed } }
        set { state.withLock { $0.isClosed = newValue } }
    }

    /// Pages whose files cannot be changed.
    var unmarkable: Set<Int> {
        get { state.withLock { $0.unmarkable } }
        set { state.withLock { $0.unmarkable = newValue } }
    }

    /// All watchers lose what they have not told yet.
    func overflow() { for watcher in state.withLock({ $0.watchers }) { watcher.overflow() } }

    // MARK: What the agent does

    /// What is kept with the directory; it reaches the disk at once.
    var stamp: DirectoryStamp? {
        get { state.withLock { $0.stamp } }
        set { state.withLock { $0.stamp = newValue } }
    }

    func open() throws(FileError) {
        if isClosed { throw FileError(code: 2, operation: "open the directory", path: path) }
    }

    func watch() throws(FileError) -> MemoryWatcher {
        try open()
        let watcher = MemoryWatcher()
        state.withLock { state in
            state.watchers.removeAll(where: \.isClosed)
            state.watchers.append(watcher)
        }
        return watcher
    }

    /// Writes into a file's header.
    func mark(_ page: Int, _ body: (inout File) -> Void) throws(FileError) {
        if unmarkable.contains(page) {
            throw FileError(code: 13, operation: "open for updating", path: "\(path)/\(page)")
        }
        let now = clock.passed
        state.withLock { state in
            guard let before = state.files[page] else { return }
            var file = before
            body(&file)
            state.files[page] = file
            let mark = Mark(page: page, before: before, generation: before.generation, at: now)
            state.marks.append(mark)
            state.unjudged.append(mark)
        }
    }

    /// What was marked since the last call.
    func takeMarks() -> [Mark] {
        state.withLock { state in
            defer { state.unjudged = [] }
            return state.unjudged
        }
    }
}
