import LinuxFiles

/// Whether there is room on the file system of a directory.
struct DiskSpaceCheck: DoctorCheck {
    let path: String
    /// What has to stay free: below it nothing goes on.
    let reserveBytes: Int64

    let name = "disk"
    private static let percentMin: Int64 = 5

    func look() async -> [DoctorFinding] {
        do {
            let space = try Volume.space(at: path)
            return [finding(freeBytes: space.freeBytes, totalBytes: space.totalBytes)]
        } catch {
            return [.yellow(path, "\(error)", mend: "ls -ld \(path)")]
        }
    }

    /// What so much room means.
    func finding(freeBytes: Int64, totalBytes: Int64) -> DoctorFinding {
        let seen = "\(ByteSizeText.approximate(Int(clamping: freeBytes))) are free"
        let mend = "df -h \(path)   # make room"
        if freeBytes < reserveBytes {
            let reserve = ByteSizeText.approximate(Int(clamping: reserveBytes))
            return .red(path, "\(seen), and \(reserve) have to be: nothing is applied", mend: mend)
        }
        let isLittle = freeBytes < 2 * reserveBytes || freeBytes < totalBytes / 100 * Self.percentMin
        return isLittle ? .yellow(path, seen, mend: mend) : .green(path, seen)
    }
}
