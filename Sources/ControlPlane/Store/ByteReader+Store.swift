import PurgeModel
import RocksDB

/// Reads the values of the store.
extension ByteReader<RocksDBError> {
    /// The error of a value that this program did not write.
    static var damage: RocksDBError {
        RocksDBError(
            code: .corruption, message: "the state of the control plane holds a value that this version does not write")
    }

    init(_ bytes: [UInt8]) { self.init(bytes[...], failure: Self.damage) }
}
