import LinuxFiles

extension NginxCache {
    func fillFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> FillFacts? {
        try headAndKey(key, &buffer).map { FillFacts($0.header, key: $0.key, $0.status) }
    }
}

extension FillFacts {
    /// What stands in front of the response in a file, and what the kernel knows of it.
    init(_ header: CacheFileHeader, key: ArraySlice<UInt8>, _ status: FileStatus) {
        self.init(
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
