import Testing

@testable import EdgeAgent

@Suite struct DirectoryLevelsTests {
    @Test func `all fifteen layouts are read off a directory and differ`() {
        #expect(DirectoryLevels.all.count == 15)
        #expect(Set(DirectoryLevels.all).count == 15)
        #expect(Set(DirectoryLevels.all.map { Array($0.widths) }) == Set(DirectoryLevels.layouts))
        for levels in DirectoryLevels.all {
            #expect(DirectoryLevels(rawValue: levels.rawValue) == levels)
        }
    }

    @Test(arguments: ["/", "c/", "/c", "c//29", "g", "C", "abc", "c/29/50/1", "..", "c/..", "c/29c", "\u{e9}", "c d"])
    func `a directory that nginx would not make is refused`(_ directory: String) {
        #expect(DirectoryLevels(directory: directory) == nil)
    }

    @Test func `any byte from a damaged index gives levels that can be used`() throws {
        let name = try #require(CacheFileName("b7f54b2df7773722d382f4809d65029c"))
        for raw in UInt8.min ... .max {
            let levels = DirectoryLevels(rawValue: raw)
            #expect(name.path(levels: levels).hasSuffix(name.text))
            _ = name.belongs(in: "c/29", levels: levels)
        }
    }
}
