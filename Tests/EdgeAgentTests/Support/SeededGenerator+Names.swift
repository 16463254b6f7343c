import TestSupport

extension SeededGenerator {
    /// 32 lower-case hex digits.
    mutating func fileName() -> String {
        (0..<32).map { _ in String(number(0...15), radix: 16) }.joined()
    }
}
