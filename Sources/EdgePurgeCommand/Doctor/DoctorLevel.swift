/// How something is, from good to bad.
enum DoctorLevel: String, Sendable, Encodable, Comparable {
    /// As it should be.
    case green
    /// It works, and something should be looked at, or could not be looked at.
    case yellow
    /// Purges are lost, late, or told as complete though they are not.
    case red

    static func < (left: DoctorLevel, right: DoctorLevel) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .green: 0
        case .yellow: 1
        case .red: 2
        }
    }
}
