import ArgumentParser

/// The exit codes scripts rely on.
enum CommandExit: Int32 {
    /// Done; for `purge --wait` and `status --wait`: confirmed, or what `--until` says.
    case success = 0
    /// Refused, not reachable, or failed.
    case failure = 1
    /// The command line was wrong.
    case usage = 2
    /// Accepted, but not confirmed, or what `--until` says, in the time given.
    case unconfirmed = 3
    /// `verify`: something differed, and is repaired.
    case repaired = 4
    /// `nginx check`, `setup`: something was found.
    case found = 5
    /// `verify`: a cache could not be compared.
    case notCompared = 6
    /// `setup`: there is something to write, and it was not told to.
    case proposed = 7
    /// `doctor`: something should be looked at.
    case yellow = 8
    /// `doctor`: something has to be mended.
    case red = 9

    /// ArgumentParser's own code for a wrong command line (`EX_USAGE` of sysexits.h).
    private static let argumentParserUsage: Int32 = 64

    /// The exit code for an error that a command threw or that parsing its arguments threw.
    static func code(for error: any Error) -> Int32 {
        if let failure = error as? CommandFailure { return failure.exit.rawValue }
        let code = EdgePurge.exitCode(for: error).rawValue
        return code == argumentParserUsage ? usage.rawValue : code
    }
}
