/// One line of the access log that tells about a fetch from the origin.
///
/// The format is version 2, `log_format edge_purge` of `deploy/nginx/edge-purge.conf`, with `|` between the fields:
/// `2`, `$msec`, `$request_time`, `$upstream_header_time`, `$upstream_cache_status`, and in quotes `$host`,
/// `$request_uri` and the cache key. What stands in quotes is the visitor's; ``LogField`` says why it cannot forge a
/// line.
package struct FetchLine: Hashable, Sendable {
    /// nginx's clock when the line was written: milliseconds since 1970.
    var logged: Int64
    /// When nginx had the request: the fetch began then or later.
    var requested: Int64
    /// How long the last origin asked took to the end of its response head, in milliseconds; nil when it gave none.
    var headerTime: Int64?
    /// The cache key.
    var key: Int
    /// Whether what was fetched may be in the cache now; false for subrequests without a cache (`auth_request`,
    /// `mirror`) and for requests that passed it by.
    package var isStored = true
    /// What it names; nil unless asked for.
    package var names: FetchNames?

    /// What every line of this version begins with.
    static let start = Array("2|".utf8)

    /// What a line turned out to be.
    package enum Reading: Hashable {
        case fetch(FetchLine)
        /// The cache answered by itself; what the line names, if asked for.
        case noFetch(FetchNames?)
        /// Not a line of this format.
        case malformed
    }

    /// `$upstream_cache_status` where nothing was fetched for the cache; a response that passed it by may be stored all
    /// the same, and then costs the extra miss of one that nobody knows.
    private static let notStored: [[UInt8]] = ["", "-", "BYPASS", "HIT"].map { Array($0.utf8) }

    /// nginx has never written an earlier time; one is what is left of a line whose beginning is missing.
    private static let loggedMin: Int64 = 1_000_000_000_000

    /// Reads a line, without the newline.
    ///
    /// - Parameter keepsNames: whether host, target and key are wanted, which costs their copies.
    package static func read(_ line: ArraySlice<UInt8>, keepsNames: Bool = false) -> Reading {
        // nginx escapes everything else: another writer, or what a broken disk left.
        guard line.allSatisfy({ (0x20...0x7E).contains($0) }), line.starts(with: start) else { return .malformed }
        var rest = line.dropFirst(start.count)
        guard let logged = milliseconds(LogField.plain(&rest)), logged >= loggedMin,
            let duration = milliseconds(LogField.plain(&rest)), let headers = LogField.plain(&rest),
            let origins = Origins(headers), let status = LogField.plain(&rest), isStatus(status),
            let host = LogField.quoted(&rest), let target = LogField.quoted(&rest), let rawKey = LogField.quoted(&rest),
            rest.isEmpty, line.last == UInt8(ascii: "\"")
        else { return .malformed }
        let key = LogField.unescaped(rawKey)
        let names =
            keepsNames
            ? FetchNames(
                host: Array(LogField.unescaped(host)),
                // nginx writes "-" where a variable has no value; no target is that.
                requestURI: target.elementsEqual([UInt8(ascii: "-")]) ? [] : Array(LogField.unescaped(target)),
                key: Array(key)) : nil
        guard origins.haveAnswered else { return .noFetch(names) }
        let fetch = FetchLine(
            logged: logged, requested: logged - duration, headerTime: origins.lastHeaderTime, key: CacheKeyHash.of(key),
            isStored: !notStored.contains { $0.elementsEqual(status) }, names: names)
        return .fetch(fetch)
    }

    private static func isStatus(_ text: ArraySlice<UInt8>) -> Bool {
        text.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "-") }
    }

    /// `$upstream_header_time`: one value for each origin that was asked, with commas and colons between them, "-"
    /// where it did not answer, and nothing where none was asked.
    private struct Origins {
        /// Of the last one, in milliseconds.
        var lastHeaderTime: Int64?
        var haveAnswered = false

        /// nil: not what nginx writes.
        init?(_ field: ArraySlice<UInt8>) {
            for value in field.split(whereSeparator: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }) {
                let text = trimmed(value)
                lastHeaderTime = milliseconds(text)
                haveAnswered = haveAnswered || lastHeaderTime != nil
                guard lastHeaderTime != nil || text.elementsEqual([UInt8(ascii: "-")]) else { return nil }
            }
        }

        private func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
            var text = text.drop { $0 == UInt8(ascii: " ") }
            while text.last == UInt8(ascii: " ") { text.removeLast() }
            return text
        }
    }

    /// Reads seconds with three decimals, as nginx writes all times.
    private static func milliseconds(_ text: ArraySlice<UInt8>?) -> Int64? {
        // Twelve digits of seconds are more than any clock shows, and cannot overflow.
        guard let text, (5...16).contains(text.count), text[text.endIndex - 4] == UInt8(ascii: ".") else { return nil }
        var value: Int64 = 0
        for (position, byte) in text.enumerated() where position != text.count - 4 {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return value
    }
}
