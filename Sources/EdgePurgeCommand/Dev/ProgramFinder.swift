import FoundationEssentials

/// Finds the programs that the development environment is made of.
enum ProgramFinder {
    /// Debian keeps nginx in sbin, which is not in an ordinary user's path.
    private static let extraDirectories = [
        "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
    ]

    /// The path of `name`.
    ///
    /// - Throws: `CommandFailure` that names the Debian package to install.
    static func path(
        of name: String,
        package: String,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(CommandFailure) -> String {
        let directories = (environment["PATH"] ?? "").split(separator: ":").map(String.init) + extraDirectories
        for directory in directories where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw CommandFailure("\(name) is not installed; on Debian: apt-get install \(package)")
    }

    /// The path of this executable.
    static func own() throws(CommandFailure) -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw CommandFailure(
                "the path of this program cannot be found: /proc/self/exe: \(FileProblem.reason(error))")
        }
    }
}
