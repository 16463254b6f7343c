import Foundation

/// The files of a cache as nginx 1.22 lays them out (header version 5, `levels=1:2`), with the tags of a web shop.
///
/// Names are random instead of MD5 sums and the key's CRC is left out: the agent looks at neither. Each object has five
/// tags: its kind (one of two), a category of 1,000 objects, a brand (of 500), a campaign (of 40), and one of its own.
struct CacheFiles: Sendable {
    /// How many.
    let count: Int
    private let date = UInt64(Date().timeIntervalSince1970) - 3600

    init(count: Int) { self.count = count }

    /// Objects that share a category.
    static let categorySize = 1000

    /// Which kind an object is of: half of them are of kind 0.
    static func kind(_ number: Int) -> String { "kind-\(number % 2)" }

    /// The tag of a category, which names 1,000 objects.
    static func category(_ number: Int) -> String { "category-\(number)" }

    /// Makes all files below an empty directory.
    func make(in files: BareFiles) throws {
        for first in Self.hex {
            files.createDirectory(String(first))
            for second in Self.hex {
                for third in Self.hex { files.createDirectory("\(first)/\(second)\(third)") }
            }
        }
        for number in 0..<count { try files.create(path(number), bytes(number)) }
        files.settle()
    }

    /// Where an object is, below the cache path.
    func path(_ number: Int) -> String {
        let name = Self.name(number)
        return "\(name.suffix(1))/\(name.suffix(3).prefix(2))/\(name)"
    }

    /// What a purge module would look for, in vain.
    var absentKey: [UInt8] { Array("https://nowhere.example/".utf8) }

    private static let hex = Array("0123456789abcdef")

    private static func name(_ number: Int) -> String {
        let high = mix(UInt64(number) &* 2)
        let low = mix(UInt64(number) &* 2 &+ 1)
        return String(format: "%016llx%016llx", high, low)
    }

    /// SplitMix64: an even spread, the same in every run.
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = value &* 0x9E37_79B9_7F4A_7C15 &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private func bytes(_ number: Int) -> [UInt8] {
        // 60 bytes of URL behind a scheme, the host among ten.
        let url = String(
            format: "shop-%d.example/catalogue/section-%03d/article-%010d/en.html", number % 10, number % 997, number
        )
        let tags = [
            Self.kind(number), Self.category(number / Self.categorySize), "brand-\(number % 500)",
            "campaign-\(number % 40)", "article-\(number)",
        ]
        let head = Array(
            """
            HTTP/1.1 200 OK\r
            Server: nginx\r
            Date: Sat, 21 Nov 2026 09:00:00 GMT\r
            Content-Type: text/html; charset=utf-8\r
            Content-Length: 1024\r
            Cache-Control: public, max-age=86400\r
            ETag: "\(number)"\r
            X-Content-Type-Options: nosniff\r
            Strict-Transport-Security: max-age=31536000; includeSubDomains\r
            Cache-Tag: \(tags.joined(separator: ", "))\r
            Vary: \r
            \r

            """.utf8
        )
        let key = Array("https://\(url)".utf8)
        let headStart = 342 + key.count + 1
        var file: [UInt8] = []
        file.reserveCapacity(headStart + head.count + 1024)
        file.append(UInt64(5))
        file.append(date + 86_400)
        file.append(UInt64(0))
        file.append(UInt64(0))
        file.append(date)
        file.append(date)
        file.append(UInt32(0))
        file.append(UInt16(0))
        file.append(UInt16(headStart))
        file.append(UInt16(headStart + head.count))
        file += [UInt8](repeating: 0, count: 336 - file.count)
        file += "\nKEY: ".utf8
        file += key
        file.append(UInt8(ascii: "\n"))
        file += head
        file += [UInt8](repeating: UInt8(ascii: "x"), count: 1024)
        return file
    }
}

extension [UInt8] {
    /// Appends an integer, lowest byte first.
    fileprivate mutating func append<T: FixedWidthInteger>(_ value: T) {
        for shift in stride(from: 0, to: T.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> T(shift))) }
    }
}
