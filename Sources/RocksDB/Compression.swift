/// How blocks are compressed on disk.
package enum Compression: Sendable, Hashable, CaseIterable {
    /// As they are.
    case none
    /// Cheap on the processor; about half the size.
    case lz4
    /// Smallest; about three times the work of `lz4`.
    case zstd
}
