/// The response headers in which tags are looked for, and how to read them.
package struct CacheTagHeaders: Sendable, Hashable {
    /// What stands between two tags.
    package enum Separator: String, Sendable, Hashable {
        /// Commas; spaces around a tag are dropped, a space inside makes it no tag.
        case comma
        /// Spaces, and commas too: Varnish's xkey takes both, and no tag can have a comma in it.
        case space
        /// A structured field, a list of strings (RFC 9651 section 3.1): `"a", "b"`; parameters are passed over.
        ///
        /// Bare words are taken for strings.
        case structured
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

    /// The names in common use.
    ///
    /// With commas those whose makers say so, with spaces also `Cache-Tags`, which is sent in both ways. See
    /// `docs/decisions/0030-heads-and-tags.md`.
    package static let standard = CacheTagHeaders([
        // Cloudflare, Google, Netlify; Akamai; Netlify and Vercel by their own names; bunny.net.
        Header(name: "Cache-Tag", separator: .comma),
        Header(name: "Edge-Cache-Tag", separator: .comma),
        Header(name: "Netlify-Cache-Tag", separator: .comma),
        Header(name: "Vercel-Cache-Tag", separator: .comma),
        Header(name: "CDN-Tag", separator: .comma),
        // FOSHttpCache (Contao and others), Magento, LiteSpeed.
        Header(name: "X-Cache-Tags", separator: .comma),
        Header(name: "X-Magento-Tags", separator: .comma),
        Header(name: "X-LiteSpeed-Tag", separator: .comma),
        // Fastly; Varnish; Upper for Craft CMS; API Platform and others; Drupal, and its module Purge.
        Header(name: "Surrogate-Key", separator: .space),
        Header(name: "xkey", separator: .space),
        Header(name: "X-Cache-Tag", separator: .space),
        Header(name: "Cache-Tags", separator: .space),
        Header(name: "X-Drupal-Cache-Tags", separator: .space),
        Header(name: "Purge-Cache-Tags", separator: .space),
        // RFC 9875.
        Header(name: "Cache-Groups", separator: .structured),
    ])

    /// Bytes of tag headers that are read of one response unless configured otherwise.
    ///
    /// nginx keeps the end of a stored head in 16 bits, so this is all that it can store in HTTP/1.
    package static let standardBytesMax = 64 * 1024

    package let headers: [Header]

    /// Bytes of all values together that are read of one response; separators included, field names not.
    package let bytesMax: Int

    /// The names in lower case, which is what the scan compares with.
    private let names: [[UInt8]]

    /// Which names begin with a letter, at the one of 32 places that a letter has whatever its case.
    ///
    /// Most lines of a header are passed over by this alone.
    private let namesByLetter: [[Int]]

    /// Later headers of the same name are never reached.
    package init(_ headers: [Header], bytesMax: Int = standardBytesMax) {
        self.headers = headers
        self.bytesMax = bytesMax
        let names = headers.map { $0.name.utf8.map(CacheTag.lowered) }
        self.names = names
        namesByLetter = (0..<32).map { letter in
            names.indices.filter { names[$0].first.map { Int($0 & 31) } == letter }
        }
    }

    /// Collects the tags of one response in a single pass.
    ///
    /// `bytes` is a header in the form of HTTP/1 or CGI: a status line or none, fields, an empty line; lines end with
    /// CR LF or LF alone. What follows the empty line is not read. Several fields add up; a continued line (RFC 9112
    /// section 5.2) belongs to the field before it. Anything may be in `bytes`: what is no header is passed over.
    package func tags(inResponseHead bytes: Span<UInt8>) -> TagScan {
        var collector = TagCollector(bytesMax: bytesMax)
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
            } else if let index = field(at: position, in: bytes) {
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
        candidates: for index in namesByLetter[Int(bytes[position] & 31)] {
            let name = names[index]
            let colon = position + name.count
            guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { continue }
            for offset in 0..<name.count where CacheTag.lowered(bytes[position + offset]) != name[offset] {
                continue candidates
            }
            return index
        }
        return nil
    }
}
