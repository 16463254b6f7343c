/// Which file a name stood for at one moment.
///
/// An inode number alone is not enough: ext4 gives a freed number to the next file. The birth time tells the two apart
/// except when both were born within one clock tick (up to 4 ms before Linux 6.13), and some filesystems record none;
/// the digest of the file handle, which holds the inode's random generation number, closes that gap.
package struct FileIdentity: Hashable, Sendable {
    /// The inode number, unique in its filesystem while the file exists.
    package let inode: UInt64
    /// Birth time in nanoseconds since 1970; 0 where the filesystem records none.
    package let birthNanoseconds: Int64
    /// Digest of the kernel's handle of the file; 0 where the filesystem has no handles.
    package let handleDigest: UInt64

    package init(inode: UInt64, birthNanoseconds: Int64, handleDigest: UInt64 = 0) {
        self.inode = inode
        self.birthNanoseconds = birthNanoseconds
        self.handleDigest = handleDigest
    }

    /// Whether the same file may be meant, seen under different kernels: what either did not know tells nothing.
    package func mayBe(_ other: FileIdentity) -> Bool {
        let isBornAlike = birthNanoseconds == other.birthNanoseconds
        let hasHandleAlike = handleDigest == other.handleDigest
        return inode == other.inode
            && (isBornAlike || birthNanoseconds == 0 || other.birthNanoseconds == 0)
            && (hasHandleAlike || handleDigest == 0 || other.handleDigest == 0)
    }

    /// All three values in 64 bits, the same on every machine and in every version, so that it can be stored.
    ///
    /// `mix(mix(mix(inode) ^ birth) ^ digest)`, where `mix` is the finalizer of SplitMix64, a one-to-one function. So
    /// two identities that differ in exactly one of the three values never have the same generation; otherwise the
    /// chance is 2^-64.
    package var generation: UInt64 {
        Self.mix(Self.mix(Self.mix(inode) ^ UInt64(bitPattern: birthNanoseconds)) ^ handleDigest)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
