import PurgeModel
import TestSupport
import Testing

@Suite struct AcknowledgementTests {
    private func code(_ json: String) -> AcknowledgementError.Code? {
        do throws(AcknowledgementError) {
            _ = try AcknowledgementCodec.decode(Array(json.utf8))
            return nil
        } catch {
            return error.code
        }
    }

    private static let smallest =
        #""agent":"a","instance":"i","sent_at":"2026-11-21T09:30:00Z","software":"s","cache":"c","status":"live","#
        + #""fence":"off","fence_after_ms":1,"partitions":[]"#

    @Test func `the golden acknowledgement is read and written byte for byte`() throws {
        let bytes = try Golden.bytes("acknowledgement.json")
        let acknowledgement = try AcknowledgementCodec.decode(bytes)
        #expect(
            String(decoding: AcknowledgementCodec.encode(acknowledgement), as: UTF8.self)
                == String(decoding: bytes, as: UTF8.self))
        #expect(acknowledgement.agent == "edge-fra-01")
        #expect(acknowledgement.status == .fenced)
        #expect(acknowledgement.drained)
        #expect(acknowledgement.fence == .cutOff)
        #expect(acknowledgement.fenceAfter == .seconds(10))
        #expect(acknowledgement.progress(in: 0)?.appliedRanges == [1001...1004, 1006...1006])
        #expect(acknowledgement.progress(in: 0)?.effective == 1008)
        #expect(acknowledgement.progress(in: 1)?.effective == nil)
        #expect(acknowledgement.progress(in: 0)?.mark == MessageMark(offset: 1007, fingerprint: 0x00c0_ffee_1234_5678))
        #expect(acknowledgement.progress(in: 1)?.lag == 0)
        #expect(acknowledgement.progress(in: 1)?.mark == nil)
        #expect(acknowledgement.progress(in: 2) == nil)
        #expect(acknowledgement.counts.objectsIndexed == 500_000)
        #expect(acknowledgement.counts.bytesIndexed == 20 << 30)
        #expect(acknowledgement.counts.unmatched == 17)
        #expect(acknowledgement.machine == "1f2e3d4c5b6a7988")
        #expect(acknowledgement.recent.first?.took == .microseconds(1250))
    }

    @Test func `counts and recent purges may be missing, and unknown fields be there`() throws {
        let acknowledgement = try AcknowledgementCodec.decode(
            Array("{\(Self.smallest),\"new\":{\"x\":[]},\"counts\":{\"n\":1}}".utf8))
        #expect(acknowledgement.counts == AcknowledgementCounts())
        #expect(acknowledgement.recent.isEmpty)
        #expect(acknowledgement.region == nil)
        #expect(acknowledgement.problem == nil)
        #expect(!acknowledgement.drained)
        #expect(acknowledgement.machine == nil)
    }

    @Test func `bad input has a typed error`() {
        func replaced(_ field: String, _ value: String) -> String {
            let fields = Self.smallest.split(separator: ",").filter { !$0.hasPrefix("\"\(field)\"") }.joined(
                separator: ",")
            return "{\(fields),\"\(field)\":\(value)}"
        }
        #expect(code("{\(Self.smallest)}") == nil)
        #expect(code("") == .invalidJSON)
        #expect(code("[]") == .invalidField)
        #expect(code("{}") == .missingField)
        #expect(code("{\(Self.smallest),\(Self.smallest)}") == .duplicateField)
        #expect(code(String(repeating: "[", count: 33)) == .tooDeep)
        #expect(code(replaced("status", "\"asleep\"")) == .invalidField)
        #expect(code(replaced("fence", "1")) == .invalidField)
        #expect(code(replaced("fence_after_ms", "-1")) == .invalidField)
        // The library says of a number that does not fit that it is no JSON.
        #expect(code(replaced("fence_after_ms", "1e400")) == .invalidJSON)
        #expect(code(replaced("sent_at", "\"now\"")) == .invalidField)
        #expect(code(replaced("agent", "null")) == .invalidField)
        #expect(code(replaced("machine", "null")) == nil)
        for machine in ["\"\"", "\"1f2e3d4c5b6a798\"", "\"1F2E3D4C5B6A7988\"", "7"] {
            #expect(code(replaced("machine", machine)) == .invalidField, "\(machine)")
        }
        #expect(code(replaced("partitions", "[{}]")) == .missingField)
        let ranges = ["[[1]]", "[[2,1]]", "[[1,2,3]]", "[[]]", "[1]"]
        for range in ranges {
            let partition = #"[{"partition":0,"queued":1,"applied":1,"high_watermark":1,"applied_ranges":\#(range)}]"#
            #expect(code(replaced("partitions", partition)) == .invalidField, "\(range)")
        }
        for effective in ["\"1\"", "1.5", "[]", "9223372036854775808"] {
            let partition = #"[{"partition":0,"queued":1,"applied":1,"high_watermark":1,"effective":\#(effective)}]"#
            #expect([.invalidField, .invalidJSON].contains(code(replaced("partitions", partition))), "\(effective)")
        }
        let marks = [
            "{}", "1", #"{"offset":1}"#, #"{"offset":1,"fingerprint":""}"#, #"{"offset":1,"fingerprint":7}"#,
            #"{"offset":1,"fingerprint":"00C0FFEE12345678"}"#, #"{"offset":"1","fingerprint":"00c0ffee12345678"}"#,
            #"{"fingerprint":"00c0ffee12345678"}"#, #"{"offset":1,"fingerprint":"+0c0ffee12345678"}"#,
        ]
        for mark in marks {
            let partition = #"[{"partition":0,"queued":1,"applied":1,"high_watermark":1,"mark":\#(mark)}]"#
            #expect([.invalidField, .missingField].contains(code(replaced("partitions", partition))), "\(mark)")
        }
        #expect(code(replaced("fence_after_ms", "1.5")) == .invalidJSON)
        #expect(throws: AcknowledgementError.self) { try AcknowledgementCodec.decode([0x22, 0xFF, 0x22]) }
        #expect(code(String(repeating: " ", count: Limits.eventBytesMax + 1)) == .tooLarge)
    }

    @Test func `what is written reads back the same`() throws {
        let seed: UInt64 = 8
        var generator = SeededGenerator(seed: seed)
        let edges: [Int64] = [.min, -1, 0, 1, .max]
        for round in 0..<500 {
            func number() -> Int64 {
                generator.once(in: 3)
                    ? edges.randomElement(using: &generator) ?? 0 : .random(in: 0...1_000_000, using: &generator)
            }
            let acknowledgement = Acknowledgement(
                agent: "a\"\(number())", instance: "i", machine: generator.once(in: 2) ? "0123456789abcdef" : nil,
                sentAt: Timestamp(milliseconds: number()), software: "é/1",
                region: "r",
                cache: "nginx", status: AgentStatus.allCases.randomElement(using: &generator) ?? .live,
                fence: FenceMode.allCases.randomElement(using: &generator) ?? .off,
                fenceAfter: .milliseconds(Int64.random(in: 0...100_000, using: &generator)),
                partitions: [
                    PartitionProgress(
                        partition: .max, queued: number(), applied: number(),
                        appliedRanges: [0...3, Int64.min...Int64.max],
                        effective: generator.once(in: 2) ? number() : nil,
                        highWatermark: number(),
                        mark: MessageMark(offset: number(), fingerprint: UInt64(bitPattern: number())))
                ],
                counts: AcknowledgementCounts(
                    purges: number(), guardRemoved: number(), errors: number(), unmatched: number(),
                    reclaimedBytes: number(), reclaimWaitingBytes: number()),
                recent: [
                    RecentPurge(
                        partition: 0, offset: number(), removed: 3, bytes: number(),
                        appliedAt: Timestamp(milliseconds: number()),
                        took: .microseconds(Int64.random(in: 0...100_000, using: &generator)))
                ], problem: generator.once(in: 2) ? "disk\n" : nil)
            let back = try AcknowledgementCodec.decode(AcknowledgementCodec.encode(acknowledgement))
            #expect(back == acknowledgement, "seed \(seed) round \(round)")
        }
    }

    @Test func `progress never traps on what a stranger writes`() {
        let progress = PartitionProgress(partition: 0, queued: 0, applied: .min, highWatermark: .max)
        #expect(progress.lag == .max)
        #expect(PartitionProgress(partition: 0, queued: 0, applied: .max, highWatermark: .min).lag == 0)
        #expect(
            PartitionProgress(partition: 0, queued: 9, applied: 3, appliedRanges: [5...6], highWatermark: 9).hasApplied(
                6))
        #expect(
            !PartitionProgress(partition: 0, queued: 9, applied: 3, appliedRanges: [5...6], highWatermark: 9)
                .hasApplied(3))
    }

    @Test func `a dead letter is written to headers and read from them`() throws {
        let letter = DeadLetter(
            error: PurgeEventError(.unknownSelector, "selectors has \"é\""), partition: 3, offset: 17, agent: "a",
            fingerprint: 7)
        #expect(letter.headers.map(\.name) == Array(DeadLetter.headerNames.prefix(6)))
        let headers: Headers =
            [("edge-purge-offset", Array("1".utf8)), ("x", nil)] + letter.headers.map { ($0.name, $0.value) }
        #expect(DeadLetter(headers: headers) == letter)
        #expect(DeadLetter.read(headers)?.originalCount == 2)
        #expect(DeadLetter(headers: headers.dropLast(2)) == nil)
        #expect(DeadLetter(headers: headers + [("edge-purge-partition", Array("x".utf8))]) == nil)
    }

    @Test func `what was cut off is told in headers after the others`() throws {
        var letter = DeadLetter(
            error: PurgeEventError(.tooLarge, String(repeating: "x", count: 5000)), partition: 3, offset: 17,
            agent: "a", fingerprint: .max)
        letter.lost.valueBytes = 2_000_000
        letter.lost.headersBytes = 10
        letter.lost.keyBytes = 0
        // A letter that was one before, with notes of its own.
        let before = letter.headers.map { ($0.name, Optional($0.value)) }
        let headers: Headers = before + letter.headers.map { ($0.name, $0.value) }
        let read = try #require(DeadLetter.read(headers))
        #expect(read.letter == letter && read.originalCount == before.count)
        #expect(letter.message.count == 1000)
        // As version 0.1.0 wrote it.
        let old: Headers = Array(before.prefix(5)) + [("edge-purge-value-bytes", Array("7".utf8))]
        let oldLetter = try #require(DeadLetter.read(old))
        #expect(oldLetter.letter.lost.valueBytes == 7 && oldLetter.originalCount == 0)
        #expect(oldLetter.letter.fingerprint == nil)
    }
}
