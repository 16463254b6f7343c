import Foundation
import LinuxFiles

/// Writes files so that all of it can be taken back.
struct SetupWriter {
    /// One file that was written.
    private struct Written {
        /// With links resolved.
        var path: String
        /// What was there, byte for byte; nil: nothing.
        var old: [UInt8]?
        var permissions: UInt32
        var backup: String?
    }

    private var written: [Written] = []
    /// Directories that were made, outer ones first.
    private var folders: [String] = []
    /// Stands in the names of backups: `20261129T195400Z`.
    private let stamp: String

    /// Configuration files are smaller.
    private static let bytesMax = 64 << 20

    private init() {
        let style = Date.ISO8601FormatStyle(timeZone: .gmt).dateSeparator(.omitted).timeSeparator(.omitted)
        stamp = Date().formatted(style)
    }

    /// Writes files, new ones first: what includes them is valid from its first moment, whenever this ends.
    ///
    /// - Parameter check: looks whether all is well; where that throws, or a file cannot be written, everything is
    ///   taken back.
    /// - Returns: where the files are that were replaced.
    static func write(_ changes: [SetupChange], check: () async throws -> Void = {}) async throws -> [String] {
        var writer = SetupWriter()
        do {
            for change in changes.filter({ $0.old == nil }) + changes.filter({ $0.old != nil }) {
                try writer.write(change)
            }
            try await check()
        } catch {
            for problem in writer.takeBack() { Terminal.complain(problem) }
            throw error
        }
        return writer.written.compactMap(\.backup)
    }

    /// Writes one file.
    ///
    /// What it replaces is copied beside it first. Names of backups and of what is about to become the file begin with
    /// a dot: `include sites-enabled/*` leaves those out.
    ///
    /// - Throws: `CommandFailure` where the file is not what the change was made for, or cannot be written.
    private mutating func write(_ change: SetupChange) throws(CommandFailure) {
        do {
            let path = URL(fileURLWithPath: change.path).resolvingSymlinksInPath().path
            let isThere = FileManager.default.fileExists(atPath: path)
            let old = isThere ? try SmallFile.read(path, bytesMax: Self.bytesMax) : nil
            guard isExpected(old, change.old) else {
                throw CommandFailure(
                    "\(change.path) is not what was read: it has changed meanwhile. Run this again")
            }
            let slash = path.lastIndex(of: "/") ?? path.startIndex
            let folder = String(path[..<slash])
            folders += Self.missing(folder)
            try NewDirectory.make(folder)
            let hidden = "\(folder)/.\(path[path.index(after: slash)...])"
            var permissions: UInt32 = 0o644
            var backup: String?
            if let old {
                permissions = Self.permissions(of: path)
                let name = "\(hidden).\(stamp)"
                try SmallFile.replace(
                    name, with: old, permissions: permissions, ownedLike: path, by: name + ".new")
                backup = name
            }
            try SmallFile.replace(
                path, with: Self.bytes(of: change, over: old), permissions: permissions,
                ownedLike: isThere ? path : nil,
                by: hidden + ".new")
            try Self.setPermissions(permissions, of: path)
            written.append(Written(path: path, old: old, permissions: permissions, backup: backup))
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure("\(change.path) cannot be written: \(FileProblem.reason(error))")
        }
    }

    /// Takes everything back.
    ///
    /// - Returns: what could not be taken back, as sentences; the backups of those stay.
    private mutating func takeBack() -> [String] {
        var problems: [String] = []
        for file in written.reversed() {
            do {
                guard let old = file.old else {
                    try FileManager.default.removeItem(atPath: file.path)
                    continue
                }
                try SmallFile.replace(
                    file.path, with: old, permissions: file.permissions, ownedLike: file.path,
                    by: (file.backup ?? file.path) + ".new")
                try Self.setPermissions(file.permissions, of: file.path)
                if let backup = file.backup { try FileManager.default.removeItem(atPath: backup) }
            } catch {
                let copy = file.backup.map { "; what was there is in \($0)" } ?? ""
                problems.append("\(file.path) could not be taken back: \(FileProblem.reason(error))\(copy)")
            }
        }
        written = []
        // One in which something is by now is not ours alone.
        for folder in folders.reversed()
        where (try? FileManager.default.contentsOfDirectory(atPath: folder))?.isEmpty == true {
            try? FileManager.default.removeItem(atPath: folder)
        }
        folders = []
        return problems
    }

    private func isExpected(_ found: [UInt8]?, _ expected: String?) -> Bool {
        guard let found, let expected else { return found == nil && expected == nil }
        return String(decoding: found, as: UTF8.self).utf8.elementsEqual(expected.utf8)
    }

    /// The new file; lines that stay keep their bytes, for comments may be in another encoding than UTF-8.
    private static func bytes(of change: SetupChange, over old: [UInt8]?) throws(CommandFailure) -> [UInt8] {
        guard let old, !String(decoding: old, as: UTF8.self).utf8.elementsEqual(old) else {
            return Array(change.new.utf8)
        }
        let newline = UInt8(ascii: "\n")
        // By what stands for them in the text; nil where that is several.
        var kept: [[UInt8]: ArraySlice<UInt8>?] = [:]
        for line in old.split(separator: newline, omittingEmptySubsequences: false) {
            let text = Array(String(decoding: line, as: UTF8.self).utf8)
            if let known = kept[text], known != line { kept[text] = .some(nil) } else { kept[text] = line }
        }
        var lines: [ArraySlice<UInt8>] = []
        for line in change.new.utf8.split(separator: newline, omittingEmptySubsequences: false).map(Array.init) {
            let bytes = kept[line] ?? line[...]
            // What stands for bytes that were no UTF-8 must not be written.
            guard let bytes, !bytes.contains([0xEF, 0xBF, 0xBD]) else {
                throw CommandFailure(
                    "\(change.path) has lines that are no UTF-8 text, and cannot be told apart or would have to be "
                        + "changed: make the change by hand")
            }
            lines.append(bytes)
        }
        return Array(lines.joined(separator: [newline]))
    }

    /// Those on the way to a directory that are not there, outer ones first.
    private static func missing(_ folder: String) -> [String] {
        var missing: [String] = []
        var path = URL(filePath: folder)
        while path.path != "/", !FileManager.default.fileExists(atPath: path.path) {
            missing.insert(path.path, at: 0)
            path.deleteLastPathComponent()
        }
        return missing
    }

    private static func permissions(of path: String) -> UInt32 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
    }

    /// The umask has taken some away.
    private static func setPermissions(_ permissions: UInt32, of path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: permissions)], ofItemAtPath: path)
    }
}
