/// The head of an nginx cache file (`ngx_http_file_cache_header_t`, version 5: nginx 1.11.10 and later, 64 bit, little
/// endian).
///
/// The layout was measured on real files; see `docs/architecture.md`.
struct CacheFileHeader: Sendable {
    /// Bytes of the fixed part, up to the `\nKEY: ` line.
    static let fixedSize = 336
    /// Where the key begins.
    static let keyOffset = 342
    /// The only version that is understood and touched.
    static let version: UInt64 = 5

    /// Unix time in seconds until which nginx calls the object fresh.
    var validUntil: Int64
    /// nginx's clock, in seconds, when the origin's response header had been read; a 304 renews it.
    var date: Int64
    /// Where the stored response head begins: one byte after the key line's end.
    var headStart: Int
    /// Where the body begins, and so where the response head ends.
    var bodyStart: Int
    /// Whether the object is one of several variants (`Vary`).
    var hasVary: Bool

    /// What the first bytes of a file turned out to be.
    enum Reading {
        /// A cache file. Its key and head lie within `bodyStart` bytes from the start.
        case header(CacheFileHeader)
        /// Our own mark of a deleted object: version 0 over an otherwise sound header.
        ///
        /// Where that says that the key line ends was not looked at.
        case tombstone(headStart: Int)
        /// Something that must be left alone.
        case unknown(SkippedFile)
    }

    /// Reads the header off the first bytes of a file; `bytes` may be shorter than the header when the file is.
    static func read(_ bytes: ArraySlice<UInt8>) -> Reading {
        guard bytes.count >= keyOffset else { return .unknown(.truncated) }
        let keyMark = bytes[fixedSize..<keyOffset]
        let version = bytes.littleEndian(at: 0, as: UInt64.self)
        guard keyMark.elementsEqual("\nKEY: ".utf8) else {
            return .unknown((1...16).contains(version) ? .otherVersion(version) : .notACacheFile)
        }
        guard version != 0 else {
            return .tombstone(headStart: Int(bytes.littleEndian(at: 54, as: UInt16.self)))
        }
        guard version == Self.version else { return .unknown(.otherVersion(version)) }
        let header = CacheFileHeader(
            validUntil: bytes.littleEndian(at: 8, as: Int64.self),
            date: bytes.littleEndian(at: 40, as: Int64.self),
            headStart: Int(bytes.littleEndian(at: 54, as: UInt16.self)),
            bodyStart: Int(bytes.littleEndian(at: 56, as: UInt16.self)),
            hasVary: bytes[187] > 0
        )
        guard header.headStart > keyOffset, header.bodyStart >= header.headStart else {
            return .unknown(.notACacheFile)
        }
        return .header(header)
    }
}

extension ArraySlice<UInt8> {
    /// The integer at an offset from the file's start; the slice begins at index 0 and is long enough.
    fileprivate func littleEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
        var value: T = 0
        for index in (offset..<offset + T.bitWidth / 8).reversed() {
            value = value << 8 | T(truncatingIfNeeded: self[index])
        }
        return value
    }
}
