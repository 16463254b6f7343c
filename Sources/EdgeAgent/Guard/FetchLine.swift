/// One line of the access log that tells about a fetch from the origin.
///
/// The format, with `|` between the fields: `$msec`, `$request_time`, `$upstream_header_time`,
/// `$upstream_cache_status`, and the cache key to the end of the line. See `deploy/nginx/edge-purge.conf`.
struct FetchLine: Hashable, Sendable {
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
    var isStored = true

    /// What a line turned out to be.
    enum Reading: Hashable {
        case fetch(FetchLine)
        /// The cache answered by itself.
        case noFetch
        /// Not a line of this format.
        case malformed
    }

    /// `$upstream_cache_status` where nothing was fetched for the cache; a response that passed it by may be stored all
    /// the same, and then costs the extra miss of one that nobody knows.
    private static let notStored: [[UInt8]] = ["", "-", "BYPASS", "HIT"].map { Array($0.utf8) }

    /// nginx has never written an earlier time; one is what is left of a line whose beginning is missing.
    private static let loggedMin: Int64 = 1_000_000_000_000

    /// Reads a line, without the newline.
    static func read(_ line: ArraySlice<UInt8>) -> Reading {
        var rest = line
        guard let logged = milliseconds(field(&rest)), logged >= loggedMin, let duration = milliseconds(field(&rest)),
            let headers = field(&rest), let status = field(&rest), !rest.isEmpty
        else { return .malformed }
        // One value for each origin that was asked, with commas and colons between them; "-" where it did not answer.
        // Nothing where none was.
        let values = headers.split { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ":") }
        var last: Int64?
        var isFetch = false
        for value in values {
            let text = value.filter { $0 != UInt8(ascii: " ") }
            last = milliseconds(text[...])
            isFetch = isFetch || last != nil
            guard last != nil || text == [UInt8(ascii: "-")] else { return .malformed }
        }
        guard isFetch else { return .noFetch }
        let line = FetchLine(
            logged: logged, requested: logged - duration, headerTime: last, key: CacheKeyHash.of(rest),
            isStored: !notStored.contains(Array(status)))
        return .fetch(line)
    }

    /// Takes the bytes up to the next `|` off the front; nil when there is none.
    private static func field(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: UInt8(ascii: "|")) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
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
