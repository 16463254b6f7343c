import PurgeModel
import TestSupport
import Testing

/// Whatever comes in, the answer is a value or a typed error, and a value that was taken in can be written and read
/// again.
@Suite struct CodecFuzzTests {
    private static let splices = [
        "\"", "\\", "\\u0000", "\\ud800", "\\udc00\\ud800", "[", "]", "{", "}", ",", ":", "null", "true", "1e999999999",
        "-99999999999999999999999999999", "0.000000000000000000000000001", "\u{0}", "\u{FEFF}", "é",
        "\"everything\":true,",
        "\"specversion\":\"1.0\",", "\"order\":{\"resume\":\"a\"},", "\"$schema\":\"/resource_change/1.0.0\",",
        "\"meta\":{},", "\"id\":5,",
        "[[[[[[[[[[[[[[[[[[",
        "{\"a\":{\"a\":", "*", "//", "-", "[9223372036854775807,-9223372036854775808]", "9223372036854775807",
    ].map { Array($0.utf8) }

    private func mutated(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            guard !bytes.isEmpty else { return bytes }
            let position = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, position + Int.random(in: 0...12, using: &generator))
            switch Int.random(in: 0..<7, using: &generator) {
            case 0: bytes[position] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes[position] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 2: bytes.removeSubrange(position..<end)
            case 3: bytes.insert(contentsOf: bytes[position..<end], at: position)
            case 4: bytes.removeLast(bytes.count - position)
            case 5: bytes.replaceSubrange(position..<end, with: Self.splices.randomElement(using: &generator) ?? [])
            default: bytes.insert(contentsOf: Self.splices.randomElement(using: &generator) ?? [], at: position)
            }
        }
        return bytes
    }

    private func isTaken(event bytes: [UInt8], headers: Headers, _ place: @autoclosure () -> String) -> Bool {
        do throws(PurgeEventError) {
            let message = try PurgeEventCodec.decodeMessage(value: bytes, headers: headers, key: [0x7A])
            let written =
                switch message {
                case .purge(let event): PurgeEventCodec.encode(event)
                case .order(let order): PurgeEventCodec.encode(order)
                }
            let back = try? PurgeEventCodec.decodeMessage(value: written, headers: [], key: nil)
            check(back == message, place())
            return true
        } catch {
            check(!error.message.isEmpty && error.message.utf8.count < 2000, place())
            return false
        }
    }

    @Test(arguments: Golden.events + ["cloudevent-binary.json", "agent-order.json"])
    func `mutated events end in an event or an error`(name: String) throws {
        let seed: UInt64 = 20_261_121
        var generator = SeededGenerator(seed: seed)
        let golden = try Golden.bytes(name)
        var taken = 0
        for round in 0..<2_000 {
            let bytes = mutated(golden, &generator)
            let headers: Headers = generator.once(in: 4) ? [("ce_specversion", Array("1.0".utf8))] : []
            if isTaken(event: bytes, headers: headers, "\(name) seed \(seed) round \(round): \(bytes)") { taken += 1 }
        }
        // Some survive, or the mutations would try nothing beyond the JSON reader.
        #expect(taken > 0 || name == "cloudevent-binary.json")
    }

    @Test func `random bytes end in an error`() {
        let seed: UInt64 = 99
        var generator = SeededGenerator(seed: seed)
        for round in 0..<5_000 {
            let bytes = (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let place = { "seed \(seed) round \(round): \(bytes)" }
            check(!isTaken(event: bytes, headers: [], place()), place())
            check((try? AcknowledgementCodec.decode(bytes)) == nil, place())
            check((try? TierWordCodec.decode(bytes)) == nil, place())
        }
    }

    @Test func `random JSON words end in an event or an error`() {
        let seed: UInt64 = 100
        var generator = SeededGenerator(seed: seed)
        let words = [
            "{", "}", "[", "]", ",", ":", "\"id\"", "\"selectors\"", "\"tags\"", "\"data\"", "\"meta\"", "\"uri\"",
            "null", "1",
            "\"$schema\"", "\"/resource_change/1.0.0\"", "\"specversion\"", "\"1.0\"", "\"scope\"", "\"*\"", "true",
        ].map { Array($0.utf8) }
        for round in 0..<5_000 {
            let bytes = (0..<Int.random(in: 1...30, using: &generator)).flatMap { _ in
                words.randomElement(using: &generator) ?? []
            }
            _ = isTaken(event: [0x7B] + bytes + [0x7D], headers: [], "seed \(seed) round \(round): \(bytes)")
        }
    }

    @Test func `mutated acknowledgements end in an acknowledgement or an error`() throws {
        let seed: UInt64 = 4711
        var generator = SeededGenerator(seed: seed)
        let golden = try Golden.bytes("acknowledgement.json")
        var taken = 0
        for round in 0..<4_000 {
            let bytes = mutated(golden, &generator)
            do throws(AcknowledgementError) {
                let acknowledgement = try AcknowledgementCodec.decode(bytes)
                taken += 1
                for progress in acknowledgement.partitions {
                    check(progress.lag >= 0, "seed \(seed) round \(round)")
                    _ = progress.hasApplied(.max)
                }
                let back = try? AcknowledgementCodec.decode(AcknowledgementCodec.encode(acknowledgement))
                check(back == acknowledgement, "seed \(seed) round \(round): \(bytes)")
            } catch {
                check(!error.message.isEmpty, "seed \(seed) round \(round)")
            }
        }
        #expect(taken > 0)
    }

    @Test func `mutated words about tiers end in a word or an error`() throws {
        let seed: UInt64 = 4712
        var generator = SeededGenerator(seed: seed)
        let golden = try Golden.bytes("tier.json")
        var taken = 0
        for round in 0..<4_000 {
            let bytes = mutated(golden, &generator)
            do throws(AcknowledgementError) {
                let word = try TierWordCodec.decode(bytes)
                taken += 1
                for progress in word.partitions { _ = progress.hasApplied(.max) }
                let back = try? TierWordCodec.decode(TierWordCodec.encode(word))
                check(back == word, "seed \(seed) round \(round): \(bytes)")
            } catch {
                check(!error.message.isEmpty, "seed \(seed) round \(round)")
            }
        }
        #expect(taken > 0)
    }
}
