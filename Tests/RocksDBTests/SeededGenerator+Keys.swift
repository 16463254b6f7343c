import TestSupport

extension SeededGenerator {
    /// Bytes of random length, from few different values so that keys collide, share prefixes and hit the extremes.
    mutating func keyBytes(upTo countMax: Int) -> [UInt8] {
        let alphabet: [UInt8] = [0, 1, 0x61, 0x7F, 0x80, 0xFE, 0xFF]
        return (0..<number(0...countMax)).map { _ in pick(alphabet) }
    }
}
