import Testing

@testable import ControlPlane

@Suite struct CoverageTests {
    /// Every coverage of offsets 0 to 7 there is.
    private static let all: [(Coverage, Set<Int64>)] = (0..<256).map { bits in
        let offsets = Set((0..<8).filter { bits >> $0 & 1 == 1 }.map(Int64.init))
        let applied = (0..<9).first { !offsets.contains(Int64($0)) } ?? 8
        let ranges = offsets.filter { $0 >= applied }.map { $0...$0 }
        return (Coverage(applied: Int64(applied), ranges: ranges), offsets)
    }

    @Test func `contains exactly what was told`() {
        for (coverage, offsets) in Self.all {
            for offset in Int64(0)..<10 { #expect(coverage.contains(offset) == offsets.contains(offset)) }
            #expect(coverage.end == (offsets.max() ?? -1) + 1)
        }
    }

    @Test func `a difference is what one has and the other has not`() {
        for (left, leftOffsets) in Self.all {
            for (right, rightOffsets) in Self.all {
                let difference = left.subtracting(right)
                #expect(Set(difference.flatMap { Array($0) }) == leftOffsets.subtracting(rightOffsets))
                #expect(zip(difference, difference.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
            }
        }
    }

    @Test func `a cut is what both have, and a sum what one of them has`() {
        for (left, leftOffsets) in Self.all {
            for (right, rightOffsets) in Self.all {
                let cut = left.intersecting(right.all)
                #expect(Set(cut.flatMap { Array($0) }) == leftOffsets.intersection(rightOffsets))
                #expect(zip(cut, cut.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                let sum = left.adding(right.all, rangesMax: 8)
                #expect(sum.subtracting(left).allSatisfy { !$0.isEmpty } && left.subtracting(sum).isEmpty)
                #expect(Set(sum.all.flatMap { Array($0) }) == leftOffsets.union(rightOffsets))
                // Of what lies beyond the first gap the newest stays.
                #expect(left.adding(right.all, rangesMax: 1).ranges == sum.ranges.suffix(1))
            }
        }
    }

    @Test func `what is extended has everything below, and what it had`() {
        for (coverage, offsets) in Self.all {
            for end in Int64(-1)..<10 {
                let extended = coverage.extended(to: end)
                for offset in Int64(0)..<12 {
                    #expect(extended.contains(offset) == (offset < end || offsets.contains(offset)))
                }
                // In order: as if it had been told so.
                #expect(extended == Coverage(applied: extended.applied, ranges: extended.ranges.map(ClosedRange.init)))
                #expect(coverage.subtracting(extended).isEmpty)
            }
        }
        #expect(Coverage().extended(to: .max).contains(.max - 1) && Coverage().extended(to: .min) == Coverage())
    }

    @Test func `overlapping, touching and unordered ranges are put in order`() {
        let coverage = Coverage(applied: 3, ranges: [9...12, 0...1, 3...4, 11...20, 6...6])
        #expect(coverage == Coverage(applied: 5, ranges: [6...6, 9...20]))
        #expect(coverage.applied == 5)
    }

    @Test func `numbers at the ends of their type do not trap`() {
        let coverage = Coverage(applied: .min, ranges: [.min ... -1, 5 ... .max, .max ... .max])
        #expect(!coverage.contains(0))
        #expect(!Coverage(applied: .max, ranges: []).contains(.max))
        #expect(Coverage(applied: .max, ranges: []).subtracting(coverage).count == 1)
    }
}
