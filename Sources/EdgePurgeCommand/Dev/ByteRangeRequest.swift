/// One range of a `Range` field (RFC 9110 section 14.1.2), applied to a body of a known size.
enum ByteRangeRequest: Equatable {
    /// The bytes asked for.
    case part(Range<Int>)
    /// Nothing that could be served: answer 416.
    case unsatisfiable
    /// No range, several, or another unit: answer everything, as the RFC allows.
    case everything

    /// Reads a field value.
    init(field: String?, size: Int) {
        guard let field, field.hasPrefix("bytes="), !field.contains(",") else {
            self = .everything
            return
        }
        let parts = field.dropFirst("bytes=".count).split(
            separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            self = .everything
            return
        }
        guard parts.allSatisfy({ $0.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } }) else {
            self = .everything
            return
        }
        switch (Int(parts[0]), Int(parts[1])) {
        case (let first?, let last?) where first <= last:
            self = first < size ? .part(first..<min(last + 1, size)) : .unsatisfiable
        case (let first?, nil) where parts[1].isEmpty:
            self = first < size ? .part(first..<size) : .unsatisfiable
        case (nil, let count?) where parts[0].isEmpty:
            self = count > 0 && size > 0 ? .part(max(0, size - count)..<size) : .unsatisfiable
        default:
            self = .everything
        }
    }
}
