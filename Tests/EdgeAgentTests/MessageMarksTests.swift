import PurgeModel
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct MessageMarksTests {
    private func mark(_ offset: Int64) -> MessageMark {
        MessageMark(offset: offset, fingerprint: UInt64(bitPattern: offset) &* 31)
    }

    @Test func `the newest is kept, and for every topic that is much shorter one that can be read in it`() {
        var random = SeededGenerator()
        var marks = MessageMarks()
        var offset: Int64 = 0
        for _ in 0..<20_000 {
            marks.add(mark(offset))
            #expect(marks.newest == mark(offset))
            offset += Int64(random.pick([1, 1, 1, 2, 1000]))
        }
        let bytes = marks.encoded().count
        #expect(bytes <= 23 * MessageMark.encodedBytes, "seed \(random.seed)")
        var shorter = offset / 2
        while shorter > 0 {
            let found = marks.newest(in: 0..<shorter)
            #expect(found.map { $0 == mark($0.offset) } == true, "below \(shorter), seed \(random.seed)")
            shorter /= 8
        }
    }

    @Test func `going back forgets what came after`() {
        var marks = MessageMarks()
        for offset: Int64 in 0..<50 { marks.add(mark(offset)) }
        #expect(marks.below(10).newest.map { $0.offset < 10 } ?? true)
        #expect(marks.below(0).newest == nil)
        marks.add(mark(20))
        #expect(marks.newest == mark(20) && marks.newest(in: 21..<100) == nil)
    }

    @Test func `what is written is read, and what version 0 1 0 wrote too`() throws {
        var marks = MessageMarks()
        for offset: Int64 in [3, 9, 400, 401, .max - 1] { marks.add(mark(offset)) }
        #expect(try MessageMarks(decoding: marks.encoded()) == marks)
        #expect(try MessageMarks(decoding: mark(7).encoded()).newest == mark(7))
        // And that version reads the newest of what we write.
        #expect(try MessageMark(decoding: marks.encoded()) == marks.newest)
    }

    @Test func `damaged bytes are an error or marks, and never a trap`() throws {
        var random = SeededGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<random.number(0...70)).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard var marks = try? MessageMarks(decoding: bytes) else {
                #expect(!bytes.count.isMultiple(of: 16) || bytes.isEmpty, "seed \(random.seed)")
                continue
            }
            marks.add(mark(Int64(random.number(0...1000))))
            _ = marks.below(500).newest(in: 0..<100)
        }
    }
}
