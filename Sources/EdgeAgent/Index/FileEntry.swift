import PurgeModel

/// What the index knows of a file name: which object it holds and which generation of the file that is.
struct FileEntry: Hashable, Sendable {
    var object: ObjectID
    /// 48 bits of the file's generation (inode number and birth time, mixed).
    var generation: UInt64

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(integer: UInt16(truncatingIfNeeded: generation >> 32))
        bytes.append(integer: UInt32(truncatingIfNeeded: generation))
        bytes.append(varint: object.rawValue)
        return bytes
    }

    init(object: ObjectID, generation: UInt64) {
        self.object = object
        self.generation = generation & StoredObject.generationMask
    }

    init(decoding bytes: [UInt8]) throws(IndexFormatError) {
        var reader = ByteReader(bytes)
        let high = try reader.integer(UInt16.self)
        let low = try reader.integer(UInt32.self)
        generation = UInt64(high) << 32 | UInt64(low)
        object = ObjectID(rawValue: try reader.varint())
    }
}
