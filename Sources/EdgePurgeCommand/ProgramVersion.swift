import CBuild

/// The version of this program.
enum ProgramVersion {
    /// `0.1.0`.
    static let number = "0.1.0"

    /// What `--version` prints: the number, and the commit where the build was told it: `0.1.0 (1173b0b5c4d2)`.
    static let text = text(commit: cbuild_commit())

    /// - Parameter commit: its first 12 hexadecimal digits; 0: nobody knows.
    static func text(commit: UInt64) -> String {
        guard commit != 0 else { return number }
        let digits = String(commit, radix: 16)
        return "\(number) (\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits))"
    }
}
