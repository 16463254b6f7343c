import LinuxFiles

extension NginxCache {
    /// nginx's temporary names have ten digits of 32 bits, so this one is never its own, and its loader leaves a file
    /// of such a name alone.
    static let temporarySuffix = ".9999999999"
    /// The smallest piece in which file systems give space.
    static let blockBytes: Int64 = 4096

    /// Puts a file of header and key in the place of one that is marked deleted.
    ///
    /// Not a hole in the file that is there: under the lease that it needs nginx's open fails (O_NONBLOCK), and it
    /// zeros what sendfile(2) has handed to the kernel (docs/decisions/0038-bytes-of-deleted-files.md).
    func giveBack(_ key: ObjectKey, buffer: inout [UInt8]) throws -> Int64 {
        let location = FileLocation(key)
        do throws(FileError) {
            return try giveBack(location, &buffer)
        } catch {
            guard error.isNoPlainFile || error.isAbsent else { throw error }
            return 0
        }
    }

    private func giveBack(_ location: FileLocation, _ buffer: inout [UInt8]) throws(FileError) -> Int64 {
        var opened: FileStatus?
        guard let file = try directory.openFile(location.path, status: &opened), let status = opened,
            !file.isMountPoint
        else { return 0 }
        if buffer.count != Self.firstReadBytes { buffer = [UInt8](repeating: 0, count: Self.firstReadBytes) }
        let count = try file.read(into: &buffer, at: 0)
        guard case .tombstone(let headStart) = CacheFileHeader.read(buffer[..<count]),
            headStart > CacheFileHeader.keyOffset
        else { return 0 }
        let bytes = Self.spareBytes(status, keeping: headStart)
        guard bytes > 0 else { return 0 }
        var kept = [UInt8](repeating: 0, count: headStart)
        guard try file.read(into: &kept, at: 0) == headStart, kept.last == UInt8(ascii: "\n") else { return 0 }
        // A 304 may have brought it back since the first look; it is not to be served again.
        for position in 0..<8 { kept[position] = 0 }
        let isDone = try directory.replace(
            file, with: kept, temporaryName: location.name.text + Self.temporarySuffix)
        return isDone ? bytes : 0
    }

    /// The bytes on the disk of a deleted file that its header and key do not take.
    static func spareBytes(_ status: FileStatus, keeping headStart: Int) -> Int64 {
        let kept = (Int64(headStart) + blockBytes - 1) / blockBytes * blockBytes
        return max(0, status.allocatedBytes - kept)
    }
}
