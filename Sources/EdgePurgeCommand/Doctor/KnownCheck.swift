/// What was seen already while the machine's files were read.
struct KnownCheck: DoctorCheck {
    let name: String
    let findings: [DoctorFinding]

    func look() async -> [DoctorFinding] { findings }
}
