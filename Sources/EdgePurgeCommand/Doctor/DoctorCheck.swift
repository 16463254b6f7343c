/// One thing that the doctor looks at.
protocol DoctorCheck: Sendable {
    /// What it is called, for people and scripts: `cache files`.
    var name: String { get }

    /// Looks, and says what it saw; never empty.
    ///
    /// What keeps it from looking is a finding too.
    func look() async -> [DoctorFinding]
}
