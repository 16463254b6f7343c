import Foundation
import LinuxFiles
import Synchronization
import TestSupport
import Testing
import Threads

/// What both watchers promise.
@Suite(.serialized) struct ChangeWatcherTests {
    @Test(
        .enabled(
            if: WatcherUnderTest.fanotifyWorks,
            "fanotify needs CAP_SYS_ADMIN and CAP_DAC_READ_SEARCH: only inotify is tested"))
    func `fanotify works here and is what automatic chooses`() throws {
        let tree = try TemporaryTree()
        #expect(try WatcherKind.makeWatcher(roots: [tree.path], kind: .automatic).kind == .fanotify)
        #expect(try WatcherKind.makeWatcher(roots: [tree.path], kind: .inotify).kind == .inotify)
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `every file renamed into lazily created directories is reported`(_ kind: WatcherKind) async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        let tree = try TemporaryTree(in: "/dev/shm")
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        let (go, drained) = try (Poller(descriptors: [watcher.descriptor]), Poller(descriptors: []))
        let isOver = Atomic(false)
        async let stored = DedicatedThread.run(name: "store") {
            var generator = SeededGenerator(seed: seed)
            var names: Set<String> = []
            for index in 0..<20_000 {
                let name = String(generator.next(), radix: 16)
                let (first, second) = (name.suffix(1), name.dropLast().suffix(2))
                tree.makeDirectory("\(first)")
                tree.makeDirectory("\(first)/\(second)")
                tree.store("\(first)/\(second)/\(name)")
                names.insert("\(first)/\(second)/\(name)")
                // So that inotify's queue does not overflow when this thread gets far more time than the other.
                if index.isMultiple(of: 1000), !isOver.load(ordering: .acquiring) {
                    go.wake()
                    drained.wait(timeout: nil)
                }
            }
            go.wake()
            return names
        }
        let seen = try await DedicatedThread.run(name: "drain") {
            // Also after a failure, or the other thread would wait for ever.
            defer {
                isOver.store(true, ordering: .releasing)
                drained.wake()
            }
            var seen: Set<String> = []
            for _ in 0...20 {
                while !go.wait(timeout: nil).wasWoken { seen.formUnion(try watcher.appeared()) }
                drained.wake()
            }
            return seen.union(try watcher.appeared())
        }
        let missing = try await stored.subtracting(seen)
        #expect(missing.isEmpty, "seed \(seed): \(missing.count) missing, for example \(missing.prefix(3))")
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a rename that has returned before the drain is in it`(_ kind: WatcherKind) async throws {
        let tree = try TemporaryTree()
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        let (asked, stored) = try (Poller(descriptors: []), Poller(descriptors: []))
        let isOver = Atomic(false)
        let rounds = 1000
        async let storing: Void = DedicatedThread.run(name: "store") {
            for round in 0..<rounds {
                asked.wait(timeout: nil)
                if isOver.load(ordering: .acquiring) { return }
                tree.makeDirectory("d\(round / 3)")
                tree.makeDirectory("d\(round / 3)/e")
                tree.store("d\(round / 3)/e/f\(round)")
                stored.wake()
            }
        }
        let missed = try await DedicatedThread.run(name: "drain") {
            // Also after a failure, or the other thread would wait for ever.
            defer {
                isOver.store(true, ordering: .releasing)
                asked.wake()
            }
            var missed: [Int] = []
            for round in 0..<rounds {
                asked.wake()
                var seen: Set<String> = []
                // Half of the rounds drain while the file is on its way.
                let timeout: Duration? = round.isMultiple(of: 2) ? .zero : nil
                while !stored.wait(timeout: timeout).wasWoken { seen.formUnion(try watcher.appeared()) }
                seen.formUnion(try watcher.appeared())
                if !seen.contains("d\(round / 3)/e/f\(round)") { missed.append(round) }
            }
            return missed
        }
        try await storing
        #expect(missed.isEmpty, "rounds \(missed.prefix(10))")
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `removing and renaming away are reported as vanished`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("a")
        for name in ["removed", "renamed", "untouched"] { tree.store("a/\(name)") }
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        #expect(try watcher.changes().changes.isEmpty)
        try tree.remove("a/removed")
        tree.rename("a/renamed", "a/new")
        let (changes, outcome) = try watcher.changes()
        #expect(outcome == .complete)
        #expect(
            Set(changes) == [
                FileChange(root: 0, directory: "a", name: "removed", kind: .vanished),
                FileChange(root: 0, directory: "a", name: "renamed", kind: .vanished),
                FileChange(root: 0, directory: "a", name: "new", kind: .appeared),
            ])
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a directory that is removed and made anew keeps reporting`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        for round in 0..<200 {
            tree.makeDirectory("a")
            tree.makeDirectory("a/b")
            tree.store("a/b/f\(round)")
            if round.isMultiple(of: 3) { #expect(try watcher.appeared().contains("a/b/f\(round)")) }
            try tree.remove(round.isMultiple(of: 2) ? "a" : "a/b")
            tree.makeDirectory("a")
            // Takes over the inode number of the directory that is gone, under another name.
            tree.makeDirectory("a/c\(round)")
            tree.store("a/c\(round)/g")
            let paths = try watcher.appeared()
            #expect(paths.contains("a/c\(round)/g"))
            #expect(!paths.contains("a/b/g"))
        }
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `two roots on two filesystems are told apart`(_ kind: WatcherKind) throws {
        let trees = try [TemporaryTree(), TemporaryTree(), TemporaryTree(in: "/dev/shm")]
        let watcher = try WatcherUnderTest.make(kind, trees.map(\.path))
        for (index, tree) in trees.enumerated() {
            tree.makeDirectory("a")
            tree.store("a/in\(index)")
        }
        trees[1].store("top")
        let changes = try watcher.changes().changes.filter { $0.kind == .appeared }
        for index in trees.indices {
            #expect(changes.contains(FileChange(root: index, directory: "a", name: "in\(index)", kind: .appeared)))
        }
        #expect(changes.contains(FileChange(root: 1, directory: "", name: "top", kind: .appeared)))
        #expect(changes.allSatisfy { !$0.name.hasPrefix("in") || $0.name == "in\($0.root)" })
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a root may be a symbolic link or end in a slash`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("real")
        try FileManager.default.createSymbolicLink(atPath: tree.full("link"), withDestinationPath: "real")
        for root in ["link", "link/", "real/", "./real//"] {
            let watcher = try WatcherUnderTest.make(kind, [tree.full(root)])
            tree.makeDirectory("real/a")
            tree.store("real/a/f")
            #expect(try watcher.appeared() == ["a/f"])
            try tree.remove("real/a")
        }
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `what happens elsewhere on the filesystem is not reported`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        for name in ["root", "root2", "other"] { tree.makeDirectory(name) }
        let watcher = try WatcherUnderTest.make(kind, [tree.full("root")])
        for index in 0..<300 {
            tree.makeDirectory("root2/\(index)")
            tree.store("root2/\(index)/f")
            tree.store("other/\(index)")
        }
        try tree.remove("root2")
        tree.store("beside")
        tree.store("root/inside")
        let (changes, outcome) = try watcher.changes()
        #expect(outcome == .complete)
        #expect(Set(changes.map(\.path)).subtracting(["inside.0000000001"]) == ["inside"])
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a directory renamed into the tree has its files reported`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("root")
        tree.makeDirectory("outside")
        let watcher = try WatcherUnderTest.make(kind, [tree.full("root")])
        tree.makeDirectory("outside/deep")
        for index in 0..<100 { tree.store("outside/deep/\(index)") }
        #expect(try watcher.appeared().isEmpty)
        tree.rename("outside", "root/inside")
        let (changes, outcome) = try watcher.changes()
        #expect(Set(changes.map(\.path)) == Set((0..<100).map { "inside/deep/\($0)" }))
        #expect(outcome == .movedIn)
        tree.store("root/inside/deep/later")
        #expect(try watcher.appeared() == ["inside/deep/later"])
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a directory renamed away asks for a look at everything`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("root")
        tree.makeDirectory("root/a")
        tree.makeDirectory("root/a/b")
        let watcher = try WatcherUnderTest.make(kind, [tree.full("root")])
        tree.rename("root/a", "root/z")
        tree.store("root/z/b/f")
        let (changes, outcome) = try watcher.changes()
        #expect(outcome == .movedIn)
        #expect(changes.contains(FileChange(root: 0, directory: "z/b", name: "f", kind: .appeared)))
        tree.rename("root/z", "gone")
        #expect(try watcher.changes().outcome == .overflowed)
        tree.store("gone/b/g")
        #expect(try watcher.appeared().isEmpty)
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a root that is missing, no directory, or inside another root is refused`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("a")
        try tree.write("file")
        for name in ["missing", "file"] {
            let error = #expect(throws: FileError.self) { _ = try WatcherUnderTest.make(kind, [tree.full(name)]) }
            #expect(error?.isAbsent == true)
            #expect(error?.description.contains(tree.full(name)) == true)
        }
        for roots in [[tree.path, tree.full("a")], [tree.full("a"), tree.path], [tree.path, tree.path + "/"]] {
            let error = #expect(throws: FileError.self) { _ = try WatcherUnderTest.make(kind, roots) }
            #expect(error?.code == EINVAL)
        }
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a root that is replaced or removed is an error`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        tree.makeDirectory("root")
        let watcher = try WatcherUnderTest.make(kind, [tree.full("root")])
        tree.rename("root", "old")
        tree.makeDirectory("root")
        #expect(#expect(throws: FileError.self) { _ = try watcher.changes() }?.code == ESTALE)
        try tree.remove("root")
        #expect(#expect(throws: FileError.self) { _ = try watcher.changes() }?.code == ESTALE)
        tree.rename("old", "root")
        #expect(try watcher.changes().outcome == .overflowed)
        tree.store("root/f")
        #expect(try watcher.appeared() == ["f"])
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a closed watcher throws and may be closed again`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree()
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        watcher.close()
        watcher.close()
        #expect(#expect(throws: FileError.self) { _ = try watcher.changes() }?.code == EBADF)
    }
}
