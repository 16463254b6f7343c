import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct CacheFileNameTests {
    @Test func `a name is read and written unchanged`() throws {
        var random = SeededGenerator()
        for _ in 0..<1000 {
            let text = random.fileName()
            let name = try #require(CacheFileName(text))
            check(name.text == text, "\(text), seed \(random.seed)")
            let key = ObjectKey.file(cache: 7, name: name, levels: random.pick(DirectoryLevels.all))
            let bytes = key.encoded()
            check(try bytes.count == 18 && ObjectKey(decoding: bytes) == key, "\(text), seed \(random.seed)")
            check(FileLocation(key).key == key && FileLocation(key).name == name, "\(text), seed \(random.seed)")
        }
    }

    @Test(
        arguments: [
            "", "b7f54b2df7773722d382f4809d65029", "b7f54b2df7773722d382f4809d65029c0",
            "B7F54B2DF7773722D382F4809D65029C",
            "b7f54b2df7773722d382f4809d65029g", "b7f54b2df7773722d382f4809d65029c.0000000001",
            "b7f54b2df7773722d382f4809d6502\u{e9}", " b7f54b2df7773722d382f4809d65029c",
            "/7f54b2df7773722d382f4809d65029c",
        ]
    )
    func `anything but 32 lower-case hex digits is no name`(_ text: String) {
        #expect(CacheFileName(text) == nil)
    }

    @Test(
        arguments: [
            ("", ""), ("c", "c/"), ("9c", "9c/"), ("c/29", "c/29/"), ("9c/2", "9c/2/"), ("c/29/50", "c/29/50/"),
            ("9c/02/65", "9c/02/65/"),
        ]
    )
    func `the path is the one nginx makes of the last digits`(_ directory: String, _ prefix: String) throws {
        let text = "b7f54b2df7773722d382f4809d65029c"
        let name = try #require(CacheFileName(text))
        let levels = try #require(DirectoryLevels(directory: directory))
        #expect(name.path(levels: levels) == prefix + text)
        #expect(name.directory(levels: levels) == directory)
        #expect(name.belongs(in: directory, levels: levels))
    }

    @Test(arguments: ["d", "c/28", "c/2", "c/8", "29/c", "c/29/51", "00"])
    func `a file does not belong into another directory`(_ directory: String) throws {
        let name = try #require(CacheFileName("b7f54b2df7773722d382f4809d65029c"))
        let levels = try #require(DirectoryLevels(directory: directory))
        #expect(!name.belongs(in: directory, levels: levels))
    }

    @Test func `belonging is having that path`() throws {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let name = try #require(CacheFileName(random.fileName()))
            let other = try #require(CacheFileName(random.fileName()))
            let directory = random.pick([name, other]).directory(levels: random.pick(DirectoryLevels.all))
            let levels = try #require(DirectoryLevels(directory: directory))
            let expected = name.path(levels: levels) == (directory.isEmpty ? "" : directory + "/") + name.text
            check(
                name.belongs(in: directory, levels: levels) == expected,
                "\(directory) \(name.text), seed \(random.seed)")
        }
    }
}
