/// The version of this program.
enum ProgramVersion {
    /// `0.1.0`; what `--version` prints.
    static let text = "0.1.0"
}
