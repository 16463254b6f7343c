import Foundation
import PurgeModel
import TestSupport
import Testing

@Suite struct ShownTextTests {
    /// Attack: a line of the log was forged with the Kafka key of an acknowledgement, and C1 bytes and overrides of
    /// direction reached a terminal.
    @Test func `what moves a cursor, breaks a line or turns letters is written out`() {
        let hostile: [(String, String)] = [
            ("edge-1", "edge-1"), ("bücher 🦊 \"x\" \\", "bücher 🦊 \"x\" \\"),
            ("a\nb", "a\\u{a}b"), ("a\r\u{1B}[2J", "a\\u{d}\\u{1b}[2J"), ("\u{7F}\u{9B}2J", "\\u{7f}\\u{9b}2J"),
            ("\u{2028}\u{2029}\u{85}", "\\u{2028}\\u{2029}\\u{85}"),
            ("exe\u{202E}gpj.", "exe\\u{202e}gpj."),
            ("\u{2066}\u{200B}\u{FEFF}\u{E0041}", "\\u{2066}\\u{200b}\\u{feff}\\u{e0041}"),
        ]
        for (text, shown) in hostile { #expect(text.shown == shown) }
        #expect(QuotedValue("a\n\u{202E}").description == "\"a\\u{a}\\u{202e}\"")
        #expect("a\n\u{202E}b".quotable == "a\u{FFFD}\u{FFFD}b")
    }

    @Test func `JSON stays the same JSON, and styles of ours stay`() throws {
        #expect("\u{1B}[1mbold\u{1B}[0m\n\t".shownBeyondASCII == "\u{1B}[1mbold\u{1B}[0m\n\t")
        #expect("\u{9B}\u{202E}\u{E0041}".shownBeyondASCII == "\\u009b\\u202e\\udb40\\udc41")
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "a", "\u{9B}", "\u{85}", "\u{202E}", "\u{2028}", "\u{E0001}", "\n", "\"", "\\", "\u{7F}", "é", "🦊",
            "\u{200D}",
        ]
        for _ in 0..<200 {
            let values = (0..<3).map { _ in
                (0..<Int.random(in: 0..<12, using: &random)).map { _ in random.pick(pieces) }.joined()
            }
            let text = String(decoding: try JSONEncoder().encode(values), as: UTF8.self).shownBeyondASCII
            #expect(try JSONDecoder().decode([String].self, from: Data(text.utf8)) == values, "seed \(seed)")
            #expect(!text.unicodeScalars.contains { !$0.isASCII && $0.isUnseen }, "seed \(seed)")
        }
    }

    /// Attack: 20,000 bad acknowledgements made 20,000 warnings.
    @Test func `others cause so many warnings and no more, and the rest is counted`() {
        let clock = TestClock(.stands)
        let budget = WarningBudget { clock.milliseconds }
        let taken = (0..<20_000).map { _ in budget.take() }
        #expect(taken.prefix(20).allSatisfy { $0 == 0 } && taken.dropFirst(20).allSatisfy { $0 == nil })
        clock.advance(by: .seconds(1))
        #expect(budget.take() == 19_980)
        #expect(budget.take() == nil)
    }
}
