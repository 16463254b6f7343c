import PurgeModel
import TestSupport
import Testing

@Suite struct ByteReaderTests {
    private struct Damage: Error, Equatable {}

    private func reader(_ bytes: [UInt8]) -> ByteReader<Damage> { ByteReader(bytes[...], failure: Damage()) }

    @Test(arguments: [UInt64(1), 2, 3])
    func `what was appended is read back, and nothing of it may be missing`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let number = UInt64.random(in: .min ... .max, using: &random) >> UInt64.random(in: 0...63, using: &random)
            let signed = Int64(bitPattern: random.next())
            let text = ["", "a", "é\u{0}", "\u{1F600}"].randomElement(using: &random) ?? ""
            var bytes: [UInt8] = []
            bytes.append(integer: UInt16(truncatingIfNeeded: number))
            bytes.append(integer: number)
            bytes.append(varint: number)
            bytes.append(signed: signed)
            bytes.append(string: text)
            func read(_ reader: inout ByteReader<Damage>) throws(Damage) {
                #expect(try reader.integer(UInt16.self) == UInt16(truncatingIfNeeded: number))
                #expect(try reader.integer(UInt64.self) == number)
                #expect(try reader.varint() == number)
                #expect(try reader.signed() == signed)
                #expect(try reader.string() == text)
            }
            var whole = reader(bytes)
            try read(&whole)
            #expect(whole.rest.isEmpty)
            #expect(throws: Damage.self) { try whole.integer(UInt8.self) }
            #expect(throws: Damage.self) { try whole.varint() }
            for count in bytes.indices {
                var cut = reader(Array(bytes.prefix(count)))
                #expect(throws: Damage.self, "seed \(seed)") {
                    _ = try cut.integer(UInt16.self)
                    _ = try cut.integer(UInt64.self)
                    _ = try cut.varint()
                    _ = try cut.signed()
                    _ = try cut.string()
                }
            }
        }
    }

    @Test func `big-endian integers sort by value`() {
        let numbers: [UInt64] = [0, 1, 255, 256, 1 << 32, .max]
        let keys = numbers.map { number in
            var key: [UInt8] = []
            key.append(integer: number)
            return key
        }
        #expect(zip(keys, keys.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
    }

    @Test func `what no writer writes is damage`() {
        // More bits than an integer has, and no end.
        for bytes in [[UInt8](repeating: 0xff, count: 50), Array(repeating: 0x80, count: 9) + [2]] {
            var reader = reader(bytes)
            #expect(throws: Damage.self) { try reader.varint() }
        }
        var largest = reader(Array(repeating: 0xff, count: 9) + [1])
        #expect((try? largest.varint()) == .max)
        // A length beyond the end, and text that is no UTF-8.
        for bytes in [[5, 65], [255, 255, 255, 255, 255, 255, 255, 255, 255, 1], [1, 0xff]] as [[UInt8]] {
            var reader = reader(bytes)
            #expect(throws: Damage.self) { try reader.string() }
        }
        var short = reader([1, 2])
        #expect(throws: Damage.self) { try short.bytes(3) }
        #expect(throws: Damage.self) { try short.bytes(-1) }
        #expect(short.rest == [1, 2])
    }
}
