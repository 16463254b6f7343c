import LinuxFiles

extension NginxCache {
    /// Bytes read at first: enough for the header and most keys.
    private static let factsBytes = 1024

    func fillFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> FillFacts? {
        do throws(FileError) {
            return try readFacts(key, &buffer)
        } catch {
            guard error.isNoPlainFile else { throw error }
            return nil
        }
    }

    private func readFacts(_ place: ObjectKey, _ buffer: inout [UInt8]) throws(FileError) -> FillFacts? {
        var opened: FileStatus?
        guard let content = try directory.openFile(FileLocation(place).path, status: &opened),
            let status = opened
        else { return nil }
        if buffer.count != Self.factsBytes { buffer = [UInt8](repeating: 0, count: Self.factsBytes) }
        var count = try content.read(into: &buffer, at: 0)
        guard case .header(let header) = CacheFileHeader.read(buffer[..<count]) else { return nil }
        if count < header.headStart {
            buffer = [UInt8](repeating: 0, count: header.headStart)
            count = try content.read(into: &buffer, at: 0)
            guard count == header.headStart else { return nil }
        }
        let key = buffer[CacheFileHeader.keyOffset..<header.headStart - 1]
        return FillFacts(
            key: CacheKeyHash.of(key),
            generation: status.identity.generation & StoredObject.generationMask,
            born: status.identity.birthNanoseconds / 1_000_000,
            changed: status.changedNanoseconds / 1_000_000,
            // A damaged header may hold anything, and milliseconds are made of this.
            date: min(max(header.date, 0), 1 << 40),
            validUntil: header.validUntil
        )
    }
}
