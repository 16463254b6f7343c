/// What one check saw of one thing.
struct DoctorFinding: Sendable, Encodable, Equatable {
    let level: DoctorLevel
    /// What was looked at, such as a path or a topic; nil where that is the machine.
    let about: String?
    /// What was seen, as a sentence without an end.
    let seen: String
    /// The command, or the line, that mends it; nil where nothing has to be done.
    let remedy: String?

    /// All is well.
    static func green(_ about: String? = nil, _ seen: String) -> DoctorFinding {
        DoctorFinding(level: .green, about: about, seen: seen, remedy: nil)
    }

    /// Something should be looked at, or could not be looked at.
    static func yellow(_ about: String? = nil, _ seen: String, mend remedy: String) -> DoctorFinding {
        DoctorFinding(level: .yellow, about: about, seen: seen, remedy: remedy)
    }

    /// Something has to be mended.
    static func red(_ about: String? = nil, _ seen: String, mend remedy: String) -> DoctorFinding {
        DoctorFinding(level: .red, about: about, seen: seen, remedy: remedy)
    }
}
