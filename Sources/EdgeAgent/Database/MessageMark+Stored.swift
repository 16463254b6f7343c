import PurgeModel

/// On disk: both numbers, eight bytes each.
extension MessageMark: Stored {
    static let encodedBytes = 16

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt64(bitPattern: offset))
        bytes.append(integer: fingerprint)
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        let offset = Int64(bitPattern: try reader.integer(UInt64.self))
        self.init(offset: offset, fingerprint: try reader.integer(UInt64.self))
    }
}
