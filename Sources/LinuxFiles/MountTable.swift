import CLinux
import Synchronization
import SystemPackage

/// What is mounted where, as this process sees it (proc_pid_mountinfo(5)).
///
/// In another mount namespace, as containers have them, more or less may be mounted.
package final class MountTable: Sendable {
    private let descriptor: Descriptor
    private let select: @Sendable ([String]) -> [String]
    /// What was read and selected last; nil when it is to be read.
    private let known: Mutex<[String]?>

    private static let path = "/proc/self/mountinfo"
    /// A line has about 200 bytes, and a machine at most 100,000 mounts (fs.mount-max).
    private static let bytesMax = 64 << 20

    /// Opens the table; what changes from now on is noticed.
    package convenience init() throws(FileError) { try self.init { $0 } }

    /// - Parameter select: takes what is of interest; called only when something was mounted or unmounted.
    init(_ select: @escaping @Sendable ([String]) -> [String]) throws(FileError) {
        self.select = select
        let number = unsafe linux_open_read(Self.path)
        descriptor = Descriptor(owning: try checked(number, "open", Self.path))
        known = Mutex(nil)
    }

    /// For a poll(2) with POLLPRI, which takes the news away from ``mountPoints()``.
    var number: Int32 { descriptor.number }

    /// The paths of all mounts, one for each, as far as they are of interest.
    ///
    /// Costs one system call where nothing was mounted or unmounted since the last call. Among them may be paths that
    /// another mount hides.
    func mountPoints() throws(FileError) -> [String] {
        try known.withLock { known throws(FileError) in
            // Asked first: what comes while it is read is news at the next call.
            var entry = pollfd(fd: descriptor.number, events: Int16(POLLPRI), revents: 0)
            if unsafe linux_poll(&entry, 1, 0) != 0 { known = nil }
            if let known { return known }
            let points = select(Self.mountPoints(in: try SmallFile.read(Self.path, bytesMax: Self.bytesMax)))
            known = points
            return points
        }
    }

    /// The fifth field of each line, in which a backslash and three octal digits stand for a byte.
    static func mountPoints(in table: [UInt8]) -> [String] {
        table.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let fields = line.split(separator: UInt8(ascii: " "), maxSplits: 5)
            return fields.count > 4 ? String(decoding: unescaped(fields[4]), as: UTF8.self) : nil
        }
    }

    /// A backslash and three octal digits stand for a byte, here and in fstab(5).
    static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = field
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) })
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(digits.reduce(0) { $0 << 3 | ($1 & 7) })
            rest = rest.dropFirst(3)
        }
        return bytes
    }
}
