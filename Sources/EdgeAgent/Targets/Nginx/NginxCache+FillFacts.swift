import LinuxFiles

extension NginxCache {
    func fillFacts(_ key: ObjectKey, buffer: inout [UInt8]) throws -> FillFacts? {
        guard let file = try headAndKey(key, &buffer) else { return nil }
        return FillFacts(
            key: CacheKeyHash.of(file.key),
            generation: file.status.identity.generation & StoredObject.generationMask,
            born: file.status.identity.birthNanoseconds / 1_000_000,
            changed: file.status.changedNanoseconds / 1_000_000,
            // A damaged header may hold anything, and milliseconds are made of this.
            date: min(max(file.header.date, 0), 1 << 40),
            validUntil: file.header.validUntil
        )
    }
}
