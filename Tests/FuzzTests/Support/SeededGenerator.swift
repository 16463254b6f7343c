/// SplitMix64: the same seed gives the same test again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { number(1...count) == 1 }

    /// One of the values; there must be one.
    mutating func pick<Value>(_ values: [Value]) -> Value { values[number(0...values.count - 1)] }

    /// Up to `count` bytes of any value.
    mutating func bytes(upTo count: Int) -> [UInt8] {
        (0..<number(0...count)).map { _ in UInt8.random(in: 0...255, using: &self) }
    }

    /// Up to `count` characters of an alphabet.
    mutating func text(upTo count: Int, of alphabet: String) -> String {
        let characters = Array(alphabet)
        return String((0..<number(0...count)).map { _ in pick(characters) })
    }

    /// Numbers that are likely to be wrong somewhere.
    mutating func oddNumber() -> Int64 {
        switch number(0...4) {
        case 0: pick([0, 1, -1, .max, .min, .max - 1, Int64(Int32.max), Int64(Int32.min), Int64(UInt32.max), 1 << 53])
        case 1: Int64(number(-3...300))
        case 2: Int64(bitPattern: next())
        default: Int64(number(0...1 << 40))
        }
    }
}
