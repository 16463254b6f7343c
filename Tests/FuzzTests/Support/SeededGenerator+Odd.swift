import TestSupport

extension SeededGenerator {
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
