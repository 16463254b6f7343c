import LinuxFiles

extension NginxCache {
    /// Bytes read at first: enough for the header and most keys.
    private static let keyReadBytes = 1024

    /// The cache key in a file; nil where there is no live object.
    func storedKey(_ place: ObjectKey, buffer: inout [UInt8]) throws -> [UInt8]? {
        try headAndKey(place, &buffer).map { Array($0.key) }
    }

    /// What a file has in front of the response, and what the kernel knows of it; nil where there is no live object.
    func headAndKey(
        _ place: ObjectKey, _ buffer: inout [UInt8]
    ) throws -> (header: CacheFileHeader, key: ArraySlice<UInt8>, status: FileStatus)? {
        do throws(FileError) {
            return try readHeadAndKey(place, &buffer)
        } catch {
            guard error.isNoPlainFile else { throw error }
            return nil
        }
    }

    private func readHeadAndKey(
        _ place: ObjectKey, _ buffer: inout [UInt8]
    ) throws(FileError) -> (header: CacheFileHeader, key: ArraySlice<UInt8>, status: FileStatus)? {
        var opened: FileStatus?
        guard let content = try directory.openFile(FileLocation(place).path, status: &opened),
            let status = opened
        else { return nil }
        if buffer.count != Self.keyReadBytes { buffer = [UInt8](repeating: 0, count: Self.keyReadBytes) }
        var count = try content.read(into: &buffer, at: 0)
        guard case .header(let header) = CacheFileHeader.read(buffer[..<count]) else { return nil }
        if count < header.headStart {
            buffer = [UInt8](repeating: 0, count: header.headStart)
            count = try content.read(into: &buffer, at: 0)
            guard count == header.headStart else { return nil }
        }
        return (header, buffer[CacheFileHeader.keyOffset..<header.headStart - 1], status)
    }
}
