/// Cuts header values into tags and keeps each once, within the limits of one response.
struct TagCollector {
    /// Up to this many tags a look through the list is faster than a set.
    private static let listMax = 64

    var scan = TagScan()
    private var hashes: [UInt64] = []
    private var seen: Set<UInt64> = []
    private var bytesLeft = Limits.tagHeaderBytesMax

    init() {}

    /// Reads one value from `start` to the end of its line and returns where the line feed is (or the end of `bytes`).
    mutating func read(_ bytes: Span<UInt8>, from start: Int, separator: CacheTagHeaders.Separator) -> Int {
        var position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            let byte = bytes[position]
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
                || byte == UInt8(ascii: "\r")
            {
                position += 1
            } else {
                position = readTag(bytes, from: position, start: start, separator: separator)
            }
        }
        let length = position - start
        let hasCarriageReturn = length > 0 && bytes[position - 1] == UInt8(ascii: "\r")
        bytesLeft = max(0, bytesLeft - (hasCarriageReturn ? length - 1 : length))
        return position
    }

    /// Reads one tag and returns where it ends.
    ///
    /// `start` is where the value began, to know how much of the 16 KB is used.
    private mutating func readTag(
        _ bytes: Span<UInt8>, from first: Int, start: Int, separator: CacheTagHeaders.Separator
    ) -> Int {
        var end = first
        var last = first
        var isPrintable = true
        while end < bytes.count {
            let byte = bytes[end]
            if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") { break }
            let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
            if isBlank {
                if separator == .space { break }
            } else {
                // Anything after a blank means that the blank was inside the tag.
                if last != end || byte <= 0x20 || byte >= 0x7F { isPrintable = false }
                last = end + 1
            }
            end += 1
        }
        let length = last - first
        guard isPrintable, length <= Limits.tagBytesMax, last - start <= bytesLeft else {
            scan.dropped += 1
            return end
        }
        var lowered = Array(repeating: UInt8(0), count: length)
        var target = lowered.mutableSpan
        // Repeated tags are found by comparing numbers, and bytes only when the numbers are the same.
        var hash = FNV1a()
        for offset in 0..<length {
            let byte = CacheTag.lowered(bytes[first + offset])
            target[offset] = byte
            hash.add(byte)
        }
        keep(CacheTag(lowered: lowered), hash: hash.value)
        return end
    }

    private mutating func keep(_ tag: CacheTag, hash: UInt64) {
        if hashes.count < Self.listMax {
            // A list of few numbers is looked through faster than a set.
            guard !hashes.contains(hash) || !scan.tags.contains(tag) else { return }
        } else {
            if seen.isEmpty { seen = Set(hashes) }
            guard seen.insert(hash).inserted || !scan.tags.contains(tag) else { return }
        }
        if hashes.isEmpty {
            // Most responses have a handful of tags: one allocation each instead of growing step by step.
            hashes.reserveCapacity(8)
            scan.tags.reserveCapacity(8)
        }
        hashes.append(hash)
        scan.tags.append(tag)
    }
}
