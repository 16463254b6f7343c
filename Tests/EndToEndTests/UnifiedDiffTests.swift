import Foundation
import TestSupport
import Testing

@testable import EdgePurgeCommand

@Suite struct UnifiedDiffTests {
    /// What `patch` makes of the old text and the difference is the new text.
    @Test(.enabled(if: Tool.isInstalled("patch"), "needs patch (Debian: patch)")) func `patch takes it`() async throws {
        let folder = try TemporaryDirectory()
        let seed = UInt64.random(in: 0 ... .max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            func text() -> String {
                (0..<random.number(0...30)).map { _ in random.pick(["a", "b", "", " c", "d\r", "-e"]) + "\n" }.joined()
                    + (random.once(in: 3) ? "end" : "")
            }
            let file = folder.path + "/file"
            let old = text()
            let new = random.once(in: 4) ? text() : old.replacing("a\n", with: random.pick(["", "x\n", "a\ny\n"]))
            try old.write(toFile: file, atomically: true, encoding: .utf8)
            let diff = UnifiedDiff.text(old, new, path: file)
            #expect(diff.isEmpty == (old == new))
            guard !diff.isEmpty, !new.isEmpty else { continue }
            try (diff + "\n").write(toFile: file + ".diff", atomically: true, encoding: .utf8)
            let result = try await Program.run(
                "/usr/bin/patch", ["--binary", "-p0", "-i", file + ".diff", file], in: Program.environmentWithoutKafka)
            #expect(result.status == 0, "\(result) \(diff) SEED=\(seed)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == new, "\(diff) SEED=\(seed)")
        }
    }
}
