import LinuxFiles

extension NginxCache {
    /// The cache key in a file; nil where there is no live object.
    func storedKey(_ place: ObjectKey, buffer: inout [UInt8]) throws -> [UInt8]? {
        guard let file = try directory.openFile(FileLocation(place).path, for: .reading) else { return nil }
        if buffer.count != Self.firstReadBytes { buffer = [UInt8](repeating: 0, count: Self.firstReadBytes) }
        let count = try file.read(into: &buffer, at: 0)
        guard case .header(let header) = CacheFileHeader.read(buffer[..<count]) else { return nil }
        let key = CacheFileHeader.keyOffset..<header.headStart - 1
        if count >= header.headStart { return Array(buffer[key]) }
        var whole = [UInt8](repeating: 0, count: header.headStart)
        guard try file.read(into: &whole, at: 0) == whole.count else { return nil }
        return Array(whole[key])
    }
}
