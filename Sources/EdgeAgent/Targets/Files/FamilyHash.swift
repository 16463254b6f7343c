/// A family, all variants and slices of a URL, as 128 bits of a hash with a key drawn at the start of the process.
///
/// That two meet by chance would leave a stale object behind; with so many bits that does not happen.
struct FamilyHash: Hashable {
    private let high: Int
    private let low: Int

    init(_ record: ObjectRecord) {
        var hasher = Hasher()
        hasher.combine(record.urlKey)
        var second = hasher
        second.combine(1)
        high = hasher.finalize()
        low = second.finalize()
    }
}
