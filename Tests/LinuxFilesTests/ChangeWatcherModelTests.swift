import Foundation
import LinuxFiles
import TestSupport
import Testing
import Threads

/// The invariant that an index relies on: whoever looks at each reported file again, and at all files after an
/// overflow, knows exactly the files that exist.
@Suite struct ChangeWatcherModelTests {
    @Test(arguments: WatcherUnderTest.kinds)
    func `an index that follows the reports equals the tree, whatever is done to it`(_ kind: WatcherKind) async throws {
        for _ in 0..<20 {
            let seed = UInt64.random(in: 0...UInt64.max)
            try await DedicatedThread.run(name: "model") { try Self.run(kind, seed: seed) }
        }
    }

    private static func run(_ kind: WatcherKind, seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let tree = try TemporaryTree()
        tree.makeDirectory("root")
        tree.makeDirectory("outside")
        let watcher = try WatcherUnderTest.make(kind, [tree.full("root")])
        // Some runs without renames of directories: there a drain must never ask for a look at everything.
        let renamesDirectories = Bool.random(using: &generator)
        var index: Set<String> = []
        for step in 0..<300 {
            change(tree, renamesDirectories: renamesDirectories, &generator)
            guard step == 299 || Int.random(in: 0..<20, using: &generator) == 0 else { continue }
            let outcome = try watcher.drain { change in
                if FileManager.default.fileExists(atPath: tree.full("root/" + change.path)) {
                    index.insert(change.path)
                } else {
                    index.remove(change.path)
                }
            }
            let files = Set(tree.files().filter { $0.hasPrefix("root/") }.map { String($0.dropFirst(5)) })
            if outcome != .complete {
                #expect(renamesDirectories, "seed \(seed)")
                index = files
            }
            let difference = index.symmetricDifference(files)
            #expect(difference.isEmpty, "seed \(seed), step \(step): \(difference)")
            guard difference.isEmpty else { return }
        }
    }

    private static func change(_ tree: TemporaryTree, renamesDirectories: Bool, _ generator: inout SeededGenerator) {
        let names = ["a", "b", "c"]
        let tops = ["root", "root", "root", "outside"]
        func directory(_ generator: inout SeededGenerator) -> String {
            let depth = Int.random(in: 0...2, using: &generator)
            return (0..<depth).reduce(tops.randomElement(using: &generator) ?? "root") { path, _ in
                "\(path)/\(names.randomElement(using: &generator) ?? "a")"
            }
        }
        let first = directory(&generator)
        let second = directory(&generator)
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<5:
            for end in first.indices.filter({ first[$0] == "/" }) + [first.endIndex] {
                tree.makeDirectory(String(first[..<end]))
            }
            tree.store("\(first)/file\(Int.random(in: 0..<5, using: &generator))")
        case 5, 6: _ = unsafe unlink(tree.full("\(first)/file\(Int.random(in: 0..<5, using: &generator))"))
        case 7:
            // Fails where one is missing, which is as good as no step.
            _ = unsafe rename(tree.full("\(first)/file0"), tree.full("\(second)/file1"))
        case 8 where first.contains("/"): try? tree.remove(first)
        case 9 where renamesDirectories && first.contains("/") && second.contains("/"):
            _ = unsafe rename(tree.full(first), tree.full(second))
        default: break
        }
    }
}
