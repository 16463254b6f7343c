/// One key of a configuration with the value in force and where it comes from.
struct Setting: Sendable, Equatable {
    /// The layer that gave a value.
    enum Source: Sendable, Equatable {
        case builtIn
        case file(line: Int)
        case environment(String)
        case flag
    }

    /// The value as it would be written in the file.
    enum Value: Sendable, Equatable {
        case text(String)
        case list([String])
        /// No value: the feature is off or the value is found at run time.
        case none
    }

    /// The flat key: `kafka.client_id`.
    var key: String
    /// The value in force.
    var value: Value
    /// The value when nobody says anything; nil: it has to be said.
    var builtIn: Value?
    /// Where the value comes from.
    var source: Source
    /// Whether the value must not be shown.
    var isSecret: Bool

    /// The value for people; secrets are hidden.
    var shown: String {
        switch value {
        case .none: ""
        case _ where isSecret: "<redacted>"
        case .text(let text): text
        case .list(let list): list.joined(separator: ", ")
        }
    }
}
