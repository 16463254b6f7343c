import FoundationEssentials
import LinuxFiles

/// Whether the directory of a cache is the one that nginx and the agent have under its path, and nothing is missing
/// that should be mounted there.
struct CacheDirectoryCheck: DoctorCheck {
    let path: String
    /// What the file of nginx's process id is called; nil where nobody knows.
    let nginxPIDFile: String?
    /// The agent's configuration, which tells its process.
    let agentFile: String

    let name = "cache directory"

    func look() async -> [DoctorFinding] {
        let own: FileIdentity
        do {
            own = try Self.identity(path)
        } catch {
            return [
                .red(
                    path, "\(error)",
                    mend: "mount it, or make it for nginx's user: install -d -o www-data -m 0700 \(path)")
            ]
        }
        var findings: [DoctorFinding] = []
        if let point = try? FileSystemTable.unmounted(above: path) {
            findings.append(
                .red(path, "/etc/fstab has \(point), and nothing is mounted there", mend: "mount \(point)"))
        }
        for (who, number) in processes {
            // Another mount namespace may show something else under the same path. Only root may look.
            guard let other = try? Self.identity("/proc/\(number)/root\(path)") else { continue }
            if !other.mayBe(own) {
                findings.append(
                    .red(
                        path, "\(who) (process \(number)) has another directory under this path",
                        mend: "systemctl restart nginx edge-purge-agent   # after mounting it"))
            }
        }
        return findings.isEmpty ? [.green(path, "it is there\(mounted)")] : findings
    }

    private var mounted: String { (try? FileSystemTable.isMountPoint(path)) == true ? ", with a mount of its own" : "" }

    private var processes: [(String, Int)] {
        let nginx = nginxPIDFile.flatMap(ProcessTable.process)
        let agents = ProcessTable.processes("edge-purge", "agent").filter { number in
            let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") ?? Data()
            return line.split(separator: 0).contains { $0.elementsEqual(agentFile.utf8) }
        }
        return [nginx.map { ("nginx", $0) }].compactMap { $0 } + agents.map { ("the agent", $0) }
    }

    private static func identity(_ path: String) throws -> FileIdentity {
        guard let status = try Directory(path: path).status(of: "") else {
            throw FileError(code: 2, operation: "open the directory", path: path)
        }
        return status.identity
    }
}
