import Foundation

@testable import EdgeAgent

/// Writes cache files as nginx does: temporary name first, then renamed into place.
struct CacheFixture: Sendable {
    let path: String
    let levels: [Int]

    init(path: String, levels: [Int] = [1, 2]) {
        self.path = path
        self.levels = levels
    }

    /// A stand-in for nginx's MD5: any 32 hex digits will do, as long as they depend on the text.
    static func name(_ text: String) -> String {
        var hash = (UInt64(14_695_981_039_346_656_037), UInt64(1_099_511_628_211))
        for byte in text.utf8 {
            hash.0 = (hash.0 ^ UInt64(byte)) &* 1_099_511_628_211
            hash.1 = (hash.1 &+ UInt64(byte)) &* 0x9e37_79b9_7f4a_7c15
            hash.1 ^= hash.1 >> 29
        }
        let digits = [hash.0, hash.1].map { String($0, radix: 16) }
        return digits.map { String(repeating: "0", count: 16 - $0.count) + $0 }.joined()
    }

    /// The file's path below the cache directory.
    func relativePath(_ name: String) -> String {
        var rest = Substring(name)
        var directories: [Substring] = []
        for width in levels {
            directories.append(rest.suffix(width))
            rest = rest.dropLast(width)
        }
        return (directories + [Substring(name)]).joined(separator: "/")
    }

    /// Bytes of a version 5 cache file.
    static func bytes(
        key: String, head: String, body: String = "hello", date: Int64 = 1_700_000_000,
        validUntil: Int64 = 4_000_000_000,
        version: UInt64 = 5, hasVary: Bool = false
    ) -> [UInt8] {
        Self.bytes(
            key: key, wholeHead: Array("HTTP/1.1 200 OK\r\n\(head)\r\n".utf8), body: body, date: date,
            validUntil: validUntil, version: version, hasVary: hasVary)
    }

    /// The same with a head in whatever protocol.
    static func bytes(
        key: String, wholeHead head: [UInt8], body: String = "hello", date: Int64 = 1_700_000_000,
        validUntil: Int64 = 4_000_000_000, version: UInt64 = 5, hasVary: Bool = false
    ) -> [UInt8] {
        func little(_ value: some FixedWidthInteger) -> [UInt8] {
            (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        let headStart = 342 + key.utf8.count + 1
        var bytes: [UInt8] =
            little(version) + little(validUntil) + little(Int64(0)) + little(Int64(0)) + little(Int64(-1))
        bytes += little(date) + little(UInt32(0)) + little(UInt16(0)) + little(UInt16(headStart))
        bytes += little(UInt16(headStart + head.count)) + [UInt8](repeating: 0, count: 129)
        bytes.append(hasVary ? 15 : 0)
        bytes += [UInt8](repeating: 0, count: 336 - bytes.count)
        bytes += Array("\nKEY: \(key)\n".utf8) + head + Array(body.utf8)
        return bytes
    }

    /// Stores a response; returns the path of its file.
    @discardableResult
    func store(
        _ key: String, tags: String = "", date: Int64 = 1_700_000_000, variant: String = "", hasVary: Bool = false,
        validUntil: Int64 = 4_000_000_000
    ) throws -> String {
        let head = tags.isEmpty ? "" : "Cache-Tag: \(tags)\r\n"
        let bytes = Self.bytes(key: key, head: head, date: date, validUntil: validUntil, hasVary: hasVary)
        return try store(bytes, name: Self.name(key + variant))
    }

    /// Puts any bytes into place under a name.
    @discardableResult
    func store(_ bytes: [UInt8], name: String) throws -> String {
        let file = path + "/" + relativePath(name)
        try FileManager.default.createDirectory(
            atPath: String(file.dropLast(33)), withIntermediateDirectories: true
        )
        let temporary = file + ".0000000001"
        try Data(bytes).write(to: URL(fileURLWithPath: temporary))
        guard unsafe rename(temporary, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return file
    }

    /// Overwrites bytes of a file in place, as nginx does after a 304.
    func patch(_ file: String, at offset: Int, _ bytes: [UInt8]) throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(offset))
        try handle.write(contentsOf: Data(bytes))
        try handle.close()
    }

    /// The version in a file's header: 5 is live, 0 deleted; nil when there is no file.
    static func version(_ file: String) -> UInt8? {
        FileManager.default.contents(atPath: file)?.first
    }

    /// The time in a file's header until which it is fresh; nil when there is no file.
    static func validUntil(_ file: String) -> Int64? {
        FileManager.default.contents(atPath: file).map { content in
            content.dropFirst(8).prefix(8).reversed().reduce(0) { $0 << 8 | Int64($1) }
        }
    }

    static func remove(_ file: String) throws {
        try FileManager.default.removeItem(atPath: file)
    }
}
