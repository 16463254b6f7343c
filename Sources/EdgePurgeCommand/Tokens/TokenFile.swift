import ControlPlane
import Foundation
import LinuxFiles
import PurgeModel

/// The file of tokens: changed by `edge-purge token`, read by the control plane, also while it runs.
struct TokenFile {
    /// Its path.
    let path: String

    /// The tokens in it; none when there is no such file.
    func tokens() throws(ConfigurationProblems) -> [AccessToken] {
        try TokenSettings.load(path: path) ?? []
    }

    /// Makes the directory of the file where it is not there, for its owner only: the control plane may never have run.
    ///
    /// - Throws: `CommandFailure` when it cannot be made.
    func makeDirectory() throws(CommandFailure) {
        let directory = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
        if directory.isEmpty { return }
        do {
            try NewDirectory.make(String(directory), permissions: 0o700)
        } catch {
            throw CommandFailure(
                "\(error). It is for the tokens: run this as root or as the user of the control plane, or name another "
                    + "place with state_directory or tokens.file in the file of --config, or with --tokens-file")
        }
    }

    /// Changes the file in one step: whoever reads it sees all of the old or all of the new.
    ///
    /// Two changes at once do not lose each other. The file is for its owner only (0600), and keeps that owner; a new
    /// one belongs to whom its directory belongs to, so that root can make tokens for the user of the control plane.
    ///
    /// - Throws: `ConfigurationProblems` when what is there cannot be read, `CommandFailure` when it cannot be written,
    ///   and whatever `change` throws.
    func update<Result>(_ change: (inout [AccessToken]) throws -> Result) throws -> Result {
        let lock: FileLock
        do {
            lock = try FileLock(path: path + ".lock")
        } catch {
            throw CommandFailure(
                error.isLocked
                    ? "another program is changing \(path); try again"
                    : error.isAbsent
                        ? "there are no tokens in \(path): its directory is not there; name the file with --config or "
                            + "--tokens-file"
                        : "the file \(path) cannot be changed: \(error)")
        }
        defer { lock.release() }
        var tokens = try tokens()
        let result = try change(&tokens)
        do {
            let isThere = FileManager.default.fileExists(atPath: path)
            let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
            try SmallFile.replace(path, with: Array(Self.text(tokens).utf8), ownedLike: isThere ? path : directory)
        } catch {
            throw CommandFailure("the file \(path) cannot be written: \(FileProblem.reason(error))")
        }
        return result
    }

    /// The file's text.
    static func text(_ tokens: [AccessToken]) -> String {
        let head = """
            # Who may use the control plane; changed with `edge-purge token`, and read again when it has changed.
            # The tokens themselves are not in here, only their hashes. Without this file whoever reaches the port
            # may do everything.

            """
        if tokens.isEmpty { return head + "tokens: []\n" }
        return head + "tokens:\n" + tokens.map(text).joined()
    }

    private static func text(_ token: AccessToken) -> String {
        let zones = token.zones.texts.map { "\"\($0)\"" }.joined(separator: ", ")
        let permissions = Permission.allCases.filter(token.permissions.contains).map(\.rawValue)
        var lines = [
            "- id: \"\(token.id)\"", "  name: \"\(token.name)\"",
            "  permissions: [\(permissions.joined(separator: ", "))]", "  zones: [\(zones)]",
            "  salt: \"\(HexText.text(token.salt))\"", "  hash: \"\(HexText.text(token.hash))\"",
            "  created: \"\(token.createdAt)\"",
        ]
        if let expires = token.expiresAt { lines.append("  expires: \"\(expires)\"") }
        if let email = token.email { lines.append("  email: \"\(email)\"") }
        return lines.map { "  \($0)\n" }.joined()
    }
}
