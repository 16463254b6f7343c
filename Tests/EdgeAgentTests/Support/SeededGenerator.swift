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

    /// A number of the range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

    /// One of the values; there must be one.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// Any bytes, up to so many.
    mutating func bytes(upTo countMax: Int) -> [UInt8] {
        (0..<number(0...countMax)).map { _ in UInt8.random(in: 0 ... .max, using: &self) }
    }

    /// 32 lower-case hex digits.
    mutating func fileName() -> String {
        (0..<32).map { _ in String(number(0...15), radix: 16) }.joined()
    }
}
