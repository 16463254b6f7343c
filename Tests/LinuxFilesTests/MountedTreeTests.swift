import Foundation
import LinuxFiles
import TestSupport
import Testing

/// What both watchers make of mounts in a tree, and of links and directories that take another's place.
@Suite(.serialized) struct MountedTreeTests {
    private let tree: TemporaryTree

    init() throws {
        tree = try TemporaryTree()
        for name in ["a", "b", "elsewhere"] { tree.makeDirectory(name) }
    }

    private static let filter: DirectoryFilter = { path in path.split(separator: "/").allSatisfy { $0.count < 3 } }

    private func isStale(_ watcher: any ChangeWatcher) -> Bool {
        do {
            _ = try watcher.changes()
            return false
        } catch {
            return error.isStale
        }
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: WatcherUnderTest.kinds)
    func `what is mounted in a tree when it is opened is a part of it`(_ kind: WatcherKind) throws {
        let volume = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        tree.makeDirectory("a/deep")
        let inner = try SmallVolume(tree.full("a/deep/est"), bytes: 1 << 20)
        tree.makeDirectory("outside")
        let bound = try SmallVolume(showing: tree.full("outside"), over: tree.full("b"))
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        #expect(watcher.kind == kind)
        let names = ["a/f", "a/deep/g", "a/deep/est/h", "b/i"]
        for name in names { tree.store(name) }
        tree.makeDirectory("a/new")
        tree.makeDirectory("b/new")
        tree.store("a/new/j")
        tree.store("b/new/k")
        // The bound directory has its own path too.
        let appeared = try watcher.appeared().filter { !$0.hasPrefix("outside") }
        #expect(appeared.isSuperset(of: ["a/f", "a/deep/g", "a/deep/est/h", "a/new/j"]))
        if kind == .inotify { #expect(appeared.isSuperset(of: ["b/i", "b/new/k"])) }
        for volume in [bound, inner, volume] { volume.unmount() }
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: WatcherUnderTest.kinds)
    func `a part of the same filesystem that is mounted from outside the tree`(_ kind: WatcherKind) throws {
        let other = try TemporaryTree()
        other.makeDirectory("deep")
        let bound = try SmallVolume(showing: other.path, over: tree.full("b"))
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        tree.store("b/f")
        tree.store("b/deep/g")
        tree.store("a/h")
        #expect(try watcher.appeared() == ["b/f", "b/deep/g", "a/h"])
        other.store("deep/by-its-own-path")
        #expect(try watcher.appeared() == ["b/deep/by-its-own-path"])
        bound.unmount()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"), arguments: WatcherUnderTest.kinds)
    func `a watcher is stale once something is mounted or unmounted in its tree`(_ kind: WatcherKind) throws {
        let watcher = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        let ignored = try SmallVolume(tree.full("elsewhere"), bytes: 1 << 20)
        #expect(!isStale(watcher), "no directory that counts")
        let volume = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        #expect(isStale(watcher))
        #expect(isStale(watcher), "for good")
        let second = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        tree.store("a/file")
        #expect(try second.appeared() == ["a/file"])
        let over = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        #expect(isStale(second), "mounted over what was mounted")
        let third = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        #expect(!isStale(third))
        over.unmount()
        let again = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        #expect(isStale(third), "another one at the same place")
        let fourth = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        again.unmount()
        volume.unmount()
        #expect(isStale(fourth))
        ignored.unmount()
    }

    @Test(.enabled(if: SmallVolume.isPossible, "mounting a tmpfs needs root"))
    func `the identity of a tree tells what is mounted in it`() throws {
        func identity() throws -> TreeIdentity {
            try TreeIdentity(of: Directory(path: tree.path), Self.filter)
        }
        let before = try identity()
        #expect(before.mounts.isEmpty)
        #expect(before.mayBe(try identity()))
        let ignored = try SmallVolume(tree.full("elsewhere"), bytes: 1 << 20)
        #expect(try identity() == before)
        let volume = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        let mounted = try identity()
        #expect(mounted.root == before.root && Array(mounted.mounts.keys) == ["a"])
        #expect(!mounted.mayBe(before) && !before.mayBe(mounted))
        volume.unmount()
        let other = try SmallVolume(tree.full("a"), bytes: 1 << 20)
        #expect(try !identity().mayBe(mounted), "another filesystem at the same place")
        for volume in [other, ignored] { volume.unmount() }
        #expect(try identity() == before)
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `directories that cannot hold anything are left out`(_ kind: WatcherKind) throws {
        tree.makeDirectory("elsewhere/a")
        let watcher = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        tree.makeDirectory("lost+found")
        tree.makeDirectory("lost+found/b")
        for name in ["elsewhere/file", "elsewhere/a/file", "lost+found/b/file", "a/file"] { tree.store(name) }
        #expect(try watcher.appeared() == ["a/file"])
        // One that comes to where it counts does.
        tree.rename("elsewhere/a", "c")
        #expect(try watcher.changes().outcome == .movedIn)
        tree.store("c/later")
        #expect(try watcher.appeared() == ["c/later"])
        tree.rename("c", "elsewhere/c")
        #expect(try watcher.changes().outcome == .overflowed)
        tree.store("elsewhere/c/last")
        #expect(try watcher.appeared().isEmpty)
    }

    /// How something gets its name.
    enum Way: CaseIterable, Sendable { case made, renamed }

    @Test(arguments: WatcherUnderTest.kinds, Way.allCases)
    func `a link in place of a directory asks for a look`(_ kind: WatcherKind, _ way: Way) throws {
        tree.makeDirectory("a/b")
        for place in ["c", "a/d", "new/e"] {
            let watcher = try WatcherUnderTest.make(
                kind, [tree.path], filter: { $0.split(separator: "/").allSatisfy { $0.count < 4 } })
            if place.hasPrefix("new") {
                tree.makeDirectory("new")
                tree.makeDirectory("new/x")
                tree.store("new/x/file.1")
                #expect(try watcher.changes().outcome == .complete)
            }
            switch way {
            case .made:
                try FileManager.default.createSymbolicLink(
                    atPath: tree.full(place), withDestinationPath: tree.full("elsewhere"))
            case .renamed:
                try FileManager.default.createSymbolicLink(
                    atPath: tree.full("elsewhere/link"), withDestinationPath: tree.full("elsewhere"))
                tree.rename("elsewhere/link", place)
            }
            #expect(try watcher.changes().outcome == .overflowed, "\(place)")
            #expect(try watcher.changes().outcome == .complete, "\(place)")
            try tree.remove(place)
        }
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `files in a directory that holds others are no reason to look`(_ kind: WatcherKind) throws {
        let watcher = try WatcherUnderTest.make(kind, [tree.path], filter: Self.filter)
        for name in ["top-file", "a/file"] { tree.store(name) }
        let (changes, outcome) = try watcher.changes()
        #expect(outcome == .complete)
        #expect(Set(changes.map(\.path)).isSuperset(of: ["top-file", "a/file"]))
    }
}
