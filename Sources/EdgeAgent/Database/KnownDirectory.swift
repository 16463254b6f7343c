import LinuxFiles
import PurgeModel

/// The directory of a cache as it was looked after last.
///
/// On disk: a byte for the form (1), the stamp, `floor` and `settled` with eight bytes for each number, the identity of
/// the root (three numbers), how many are mounted in it, and of each its path and identity.
struct KnownDirectory: Hashable, Stored {
    /// How a directory differs from the one that is known.
    enum Difference: Sendable {
        /// It is another one.
        case other
        /// It is the same one, as it was some time ago.
        case older
    }

    var identity: TreeIdentity
    /// The stamp that it has, or is about to get.
    var stamp: DirectoryStamp
    /// The lowest number that the directory's stamp may have; one without a stamp has 0.
    var floor: UInt64 = 0
    /// The number that is on the disk for sure.
    var settled: UInt64 = 0

    private static let form: UInt8 = 1

    init(identity: TreeIdentity, stamp: DirectoryStamp) {
        self.identity = identity
        self.stamp = stamp
    }

    /// The number in a stamp of this directory, 0 for any other.
    func number(_ found: DirectoryStamp?) -> UInt64 {
        found.map { $0.lineage == stamp.lineage ? $0.number : 0 } ?? 0
    }

    /// How a directory differs that is found at the cache's path; nil when it does not.
    ///
    /// - Parameters:
    ///   - hasStamp: false where the file system keeps none, or it cannot be read: then it tells nothing.
    func difference(_ found: TreeIdentity, _ stamp: DirectoryStamp?, hasStamp: Bool) -> Difference? {
        guard identity.mayBe(found) else { return .other }
        return hasStamp && number(stamp) < floor ? .older : nil
    }

    /// The machine went down: the last stamps may not have reached the disk, and what was purged since the settled one
    /// is purged once more.
    mutating func lostPower() { floor = min(floor, settled) }

    func encoded() -> [UInt8] {
        var bytes = [Self.form]
        for number in [stamp.lineage, stamp.number, floor, settled] { bytes.append(integer: number) }
        Self.append(identity.root, to: &bytes)
        bytes.append(varint: UInt64(identity.mounts.count))
        for (path, mount) in identity.mounts.sorted(by: { $0.key < $1.key }) {
            bytes.append(varint: UInt64(path.utf8.count))
            bytes += Array(path.utf8)
            Self.append(mount, to: &bytes)
        }
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        guard bytes.first == Self.form else { throw IndexFormatError() }
        var reader = ByteReader(Array(bytes.dropFirst()))
        stamp = DirectoryStamp(lineage: try reader.integer(UInt64.self), number: try reader.integer(UInt64.self))
        floor = try reader.integer(UInt64.self)
        settled = try reader.integer(UInt64.self)
        let root = try Self.identity(&reader)
        var mounts: [String: FileIdentity] = [:]
        for _ in 0..<min(try reader.varint(), UInt64(bytes.count)) {
            let path = try reader.string()
            mounts[path] = try Self.identity(&reader)
        }
        guard reader.rest.isEmpty else { throw IndexFormatError() }
        identity = TreeIdentity(root: root, mounts: mounts)
    }

    private static func append(_ identity: FileIdentity, to bytes: inout [UInt8]) {
        bytes.append(integer: identity.inode)
        bytes.append(integer: UInt64(bitPattern: identity.birthNanoseconds))
        bytes.append(integer: identity.handleDigest)
    }

    private static func identity(_ reader: inout ByteReader<IndexFormatError>) throws(IndexFormatError) -> FileIdentity
    {
        FileIdentity(
            inode: try reader.integer(UInt64.self),
            birthNanoseconds: Int64(bitPattern: try reader.integer(UInt64.self)),
            handleDigest: try reader.integer(UInt64.self))
    }
}
