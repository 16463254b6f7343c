import Foundation

@testable import EdgeAgent

/// Pages of one zone as nginx 1.22 stores them, made without asking for each: header version 5, `levels=1:2`, the key
/// of the first development cache.
///
/// nginx checks name and CRC of the key, so these are right (`ngx_http_file_cache_create_key`).
struct InstantFiles: Sendable {
    let count: Int
    /// The directory of the cache.
    let cache: String
    private let date = UInt64(Date().timeIntervalSince1970) - 60

    init(count: Int, cache: String) {
        self.count = count
        self.cache = cache
    }

    static let host = "shop.example"

    /// What a visitor asks for.
    static func target(_ number: Int) -> String { "/instant/\(number)?tags=half-\(number % 2)" }

    /// Writes all files; each has version 1.
    func make() async throws {
        let hex = Array("0123456789abcdef")
        for first in hex {
            for second in hex {
                for third in hex {
                    try FileManager.default.createDirectory(
                        atPath: "\(cache)/\(first)/\(second)\(third)", withIntermediateDirectories: true)
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let lanes = ProcessInfo.processInfo.activeProcessorCount
            for lane in 0..<lanes { group.addTask { try make(stride(from: lane, to: count, by: lanes)) } }
            try await group.waitForAll()
        }
    }

    private func make(_ numbers: StrideTo<Int>) throws {
        for number in numbers {
            let key = Array("http://\(Self.host)\(Self.target(number))".utf8)
            let name = CacheFileName(ofCacheKey: key).text
            let path = "\(cache)/\(name.suffix(1))/\(name.suffix(3).prefix(2))/\(name)"
            // As nginx does it: what is not renamed to its place is not seen by a watcher.
            let part = "\(path).0000000001"
            try Data(bytes(number, key)).write(to: URL(filePath: part))
            try FileManager.default.moveItem(atPath: part, toPath: path)
        }
    }

    private func bytes(_ number: Int, _ key: [UInt8]) -> [UInt8] {
        let body = "version 1\n"
        let head = """
            HTTP/1.1 200 OK\r
            Content-Type: text/plain\r
            Content-Length: \(body.utf8.count)\r
            Cache-Control: public, max-age=3600\r
            X-Version: 1\r
            Cache-Tag: half-\(number % 2)\r
            \r

            """
        let headStart = 342 + key.count + 1
        var file = little(UInt64(5)) + little(date + 86_400) + little(UInt64(0)) + little(UInt64(0))
        file += little(UInt64.max) + little(date) + little(Self.crc(key)) + little(UInt16(0))
        file += little(UInt16(headStart)) + little(UInt16(headStart + head.utf8.count))
        file += [UInt8](repeating: 0, count: 336 - file.count)
        return file + "\nKEY: ".utf8 + key + "\n".utf8 + head.utf8 + body.utf8
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        (0..<value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    /// CRC-32 of IEEE 802.3 (`ngx_crc32_long`).
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
    }
}
