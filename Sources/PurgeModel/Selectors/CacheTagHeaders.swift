/// The response headers in which tags are looked for, and how to read them.
package struct CacheTagHeaders: Sendable, Hashable {
    /// What stands between two tags.
    package enum Separator: String, Sendable, Hashable {
        /// Commas; spaces around a tag are dropped, a space inside makes it no tag.
        case comma
        /// Spaces, and commas too: Varnish's xkey takes both, and no tag can have a comma in it.
        case space
    }

    /// One header to read.
    package struct Header: Sendable, Hashable {
        /// The field name; case does not matter.
        package let name: String
        package let separator: Separator

        package init(name: String, separator: Separator) {
            self.name = name
            self.separator = separator
        }
    }

    /// The names in common use: Cloudflare, Akamai, Drupal and others, Magento, Fastly, Varnish.
    package static let standard = CacheTagHeaders([
        Header(name: "Cache-Tag", separator: .comma),
        Header(name: "Edge-Cache-Tag", separator: .comma),
        Header(name: "X-Cache-Tags", separator: .comma),
        Header(name: "X-Magento-Tags", separator: .comma),
        Header(name: "Surrogate-Key", separator: .space),
        Header(name: "xkey", separator: .space),
    ])

    package let headers: [Header]

    /// The names in lower case, which is what the scan compares with.
    private let names: [[UInt8]]

    /// The first letters of the names, as a bit for each of the 32 places a letter has whatever its case.
    ///
    /// Most lines of a header are passed over by this alone.
    private let firstLetters: UInt32

    /// Later headers of the same name are never reached.
    package init(_ headers: [Header]) {
        self.headers = headers
        names = headers.map { $0.name.utf8.map(CacheTag.lowered) }
        firstLetters = names.reduce(0) { $0 | 1 << UInt32(($1.first ?? 0) & 31) }
    }

    /// Collects the tags of one response in a single pass.
    ///
    /// `bytes` is the header as nginx stores it: status line, fields, an empty line; lines end with CR LF or LF alone.
    /// What follows the empty line is not read. Several fields add up; a continued line (RFC 9112 section 5.2) belongs
    /// to the field before it. Anything may be in `bytes`: what is no header is passed over.
    package func tags(inResponseHead bytes: Span<UInt8>) -> TagScan {
        var collector = TagCollector()
        var position = 0
        var separator: Separator?
        while position < bytes.count {
            let first = bytes[position]
            if first == UInt8(ascii: "\n") || first == UInt8(ascii: "\r") {
                let next = first == UInt8(ascii: "\r") ? position + 1 : position
                if next < bytes.count, bytes[next] == UInt8(ascii: "\n") {
                    collector.scan.isComplete = true
                    break
                }
            }
            if first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") {
                // A continued line keeps the separator of the field it continues.
            } else if firstLetters & (1 << UInt32(first & 31)) != 0,
                let index = field(at: position, in: bytes)
            {
                separator = headers[index].separator
                position += names[index].count + 1
            } else {
                separator = nil
            }
            if let separator {
                position = collector.read(bytes, from: position, separator: separator)
            } else {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
                    position += 1
                }
            }
            position += 1
        }
        return collector.scan
    }

    /// Which of the names begins at `position` and is followed by a colon.
    private func field(at position: Int, in bytes: Span<UInt8>) -> Int? {
        candidates: for index in names.indices {
            let name = names[index]
            let colon = position + name.count
            guard !name.isEmpty, colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { continue }
            for offset in 0..<name.count where CacheTag.lowered(bytes[position + offset]) != name[offset] {
                continue candidates
            }
            return index
        }
        return nil
    }
}
