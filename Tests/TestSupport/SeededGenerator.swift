/// SplitMix64: the same seed gives the same test again.
package struct SeededGenerator: RandomNumberGenerator {
    /// What a failed test prints, so that it can be run again.
    package let seed: UInt64
    private var state: UInt64

    package init(seed: UInt64 = UInt64.random(in: 0 ... .max)) {
        self.seed = seed
        state = seed
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    package mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `count` times.
    package mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

    /// One of the values; there must be one.
    package mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// Any bytes, up to so many.
    package mutating func bytes(upTo countMax: Int) -> [UInt8] {
        (0..<number(0...countMax)).map { _ in UInt8.random(in: 0 ... .max, using: &self) }
    }
}
