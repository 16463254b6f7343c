import Foundation

/// Colours for people; plain text everywhere else.
struct Style: Sendable {
    /// Whether escape sequences are written.
    var isOn: Bool

    /// Creates a style; off: every method answers its text unchanged.
    init(isOn: Bool) {
        self.isOn = isOn
    }

    /// The style for standard output of this process.
    static let output = Style(isOn: isWanted(on: Terminal.outputIsTerminal))

    /// Whether colours are wanted: on a terminal, unless `NO_COLOR` is set (no-color.org) or the terminal is dumb.
    static func isWanted(
        on isTerminal: Bool,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> Bool {
        isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Something as it should be.
    func good(_ text: String) -> String { painted(text, "32") }
    /// Something that needs attention.
    func warn(_ text: String) -> String { painted(text, "33") }
    /// Something wrong.
    func bad(_ text: String) -> String { painted(text, "31;1") }
    /// A heading.
    func strong(_ text: String) -> String { painted(text, "1") }
    /// Side remarks.
    func faint(_ text: String) -> String { painted(text, "2") }
    /// Something to type.
    func command(_ text: String) -> String { painted(text, "36") }

    private func painted(_ text: String, _ code: String) -> String {
        isOn ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
