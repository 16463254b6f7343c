/// Sizes in bytes as an operator writes them: `512`, `64KiB`, `32MiB`, `2GiB`.
enum ByteSizeText {
    /// What is understood, for error messages.
    static let form = "bytes as a whole number, or with a unit of KiB, MiB, GiB, TiB: 32MiB"

    private static let units: [(name: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1), ("", 1),
    ]

    /// The number of bytes that `text` says; nil when it is not a whole number with one of the units, or too large.
    static func bytes(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let count = Int(digits) else { return nil }
        let name = text[digits.endIndex...]
        guard let unit = units.first(where: { $0.name == name }) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        return overflow ? nil : bytes
    }

    /// `bytes` in the largest unit that is exact.
    static func text(_ bytes: Int) -> String {
        if bytes == 0 { return "0" }
        let exact = units.first { bytes % $0.bytes == 0 }
        guard let exact, exact.bytes > 1 else { return "\(bytes)" }
        return "\(bytes / exact.bytes)\(exact.name)"
    }

    /// `bytes` for a person to read at a glance: `812 B`, `3.4 MiB`.
    static func approximate(_ bytes: Int) -> String {
        guard let unit = units.first(where: { $0.bytes > 1 && bytes >= $0.bytes }) else { return "\(bytes) B" }
        let tenths = bytes / (unit.bytes / 10)
        return "\(tenths / 10).\(tenths % 10) \(unit.name)"
    }
}
