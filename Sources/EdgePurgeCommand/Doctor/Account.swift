import Foundation
import Subprocess

/// A user of this machine, and what it may do with files.
struct Account: Sendable, Equatable {
    /// What is to be done with a file; the bits of a mode.
    enum Access: UInt16, Sendable {
        case search = 1
        case write = 2
        case read = 4
    }

    let name: String
    let groups: Set<String>

    init(name: String, groups: Set<String>) {
        self.name = name
        self.groups = groups
    }

    /// Looks a user up with `id`; nil where there is none of that name.
    init?(named name: String) async {
        let result = try? await Subprocess.run(
            .name("id"), arguments: ["-Gn", "--", name], input: .none, output: .string(limit: 1 << 16),
            error: .discarded)
        guard let result, result.terminationStatus.isSuccess else { return nil }
        self.init(
            name: name, groups: Set(result.standardOutput.split(whereSeparator: \.isWhitespace).map(String.init)))
    }

    /// The first part of a path that this user may not use; nil where it may.
    ///
    /// Goes by owner, group and mode, and knows nothing of access control lists, capabilities or namespaces.
    func obstacle(_ access: Access, _ path: String) -> String? {
        if name == "root" { return nil }
        var folder = ""
        for part in path.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if !may(.search, folder) { return folder }
        }
        return may(access, path) ? nil : path
    }

    private func may(_ access: Access, _ path: String) -> Bool {
        guard
            let attributes = try? FileManager.default.attributesOfItem(
                atPath: URL(filePath: path).resolvingSymlinksInPath().path),
            let mode = (attributes[.posixPermissions] as? NSNumber)?.uint16Value
        else { return false }
        let shift: UInt16 =
            if attributes[.ownerAccountName] as? String == name {
                6
            } else if groups.contains(attributes[.groupOwnerAccountName] as? String ?? "") {
                3
            } else {
                0
            }
        return mode >> shift & access.rawValue != 0
    }

    /// Who owns a file; nil where there is none.
    static func owner(of path: String) -> String? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.ownerAccountName] as? String
    }
}
