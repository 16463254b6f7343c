/// Everything that is wrong with a configuration, so that one run of `config check` shows it all.
struct ConfigurationProblems: Error, CustomStringConvertible {
    /// The file that was read; nil: flags and environment only.
    var file: String?
    /// One sentence or two each: what is wrong, on which key and value, what is allowed.
    var problems: [String]

    /// Creates the error from at least one problem.
    init(file: String?, problems: [String]) {
        self.file = file
        self.problems = problems
    }

    var description: String {
        let head = file.map { "the configuration \($0) cannot be used" } ?? "the configuration cannot be used"
        return head + ":\n" + problems.map { "  - " + $0 }.joined(separator: "\n")
    }
}
