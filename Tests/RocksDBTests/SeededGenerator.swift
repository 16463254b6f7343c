/// SplitMix64: the same seed gives the same test.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64 = UInt64.random(in: 0 ... .max)) {
        self.seed = seed
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Bytes of random length, from few different values so that keys collide, share prefixes and hit the extremes.
    mutating func bytes(upTo countMax: Int) -> [UInt8] {
        let alphabet: [UInt8] = [0, 1, 0x61, 0x7F, 0x80, 0xFE, 0xFF]
        return (0..<Int.random(in: 0...countMax, using: &self)).map { _ in
            alphabet[Int.random(in: 0..<alphabet.count, using: &self)]
        }
    }
}
