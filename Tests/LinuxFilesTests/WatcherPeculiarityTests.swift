import Foundation
import LinuxFiles
import Testing

/// What only one of the two watchers does.
@Suite struct WatcherPeculiarityTests {
    @Test func `inotify says overflowed after too many events and then works again`() throws {
        let tree = try TemporaryTree()
        let watcher = try InotifyWatcher(roots: [tree.path])
        let limit = try String(contentsOfFile: "/proc/sys/fs/inotify/max_queued_events", encoding: .utf8)
        let count = try #require(Int(limit.trimmingCharacters(in: .whitespacesAndNewlines)))
        tree.store("file0")
        for index in 0..<count { tree.rename("file\(index % 2)", "file\((index + 1) % 2)") }
        // Nothing tells the watcher of these.
        tree.makeDirectory("a")
        tree.makeDirectory("a/b")
        #expect(try watcher.changes().outcome == .overflowed)
        tree.store("a/b/f")
        #expect(try watcher.appeared() == ["a/b/f"])
    }

    @Test(.enabled(if: WatcherUnderTest.fanotifyWorks, "fanotify needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH"))
    func `fanotify loses nothing where inotify overflows`() throws {
        let tree = try TemporaryTree()
        let watcher = try FanotifyWatcher(roots: [tree.path], reportsOwnProcess: true)
        tree.makeDirectory("a")
        for index in 0..<30_000 { tree.store("a/\(index)") }
        #expect(try watcher.appeared().count == 30_000)
    }

    @Test(.enabled(if: WatcherUnderTest.fanotifyWorks, "fanotify needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH"))
    func `fanotify leaves out this process and reports a child`() throws {
        let tree = try TemporaryTree()
        let watcher = try FanotifyWatcher(roots: [tree.path])
        tree.store("own")
        tree.makeDirectory("new")
        try tree.write("start")
        let child = try Process.run(
            URL(fileURLWithPath: "/bin/mv"), arguments: [tree.full("start"), tree.full("new/end")]
        )
        child.waitUntilExit()
        let (changes, outcome) = try watcher.changes()
        #expect(outcome == .complete)
        #expect(Set(changes.map(\.path)) == ["start", "new/end"])
    }
}
