import RawStructuredFieldValues

/// Cuts header values into tags and keeps each once, within the limits of one response.
struct TagCollector {
    /// Up to this many tags a look through the list is faster than a set.
    private static let listMax = 64

    var scan = TagScan()
    private var hashes: [UInt64] = []
    private var seen: Set<UInt64> = []
    private var bytesLeft: Int

    /// - Parameter bytesMax: bytes of values that are read.
    init(bytesMax: Int) { bytesLeft = bytesMax }

    /// Reads one value from `start` to the end of its line and returns where the line feed is (or the end of `bytes`).
    mutating func read(_ bytes: Span<UInt8>, from start: Int, separator: CacheTagHeaders.Separator) -> Int {
        guard separator != .structured else { return readStructured(bytes, from: start) }
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
    /// `start` is where the value began, to know how much of the limit is used.
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
        guard last - start <= bytesLeft else {
            scan.dropped.beyondLimit += 1
            return end
        }
        guard isPrintable else {
            scan.dropped.invalid += 1
            return end
        }
        keep(bytes.extracting(first..<last))
        return end
    }

    /// Reads one line of a structured field; returns where the line feed is (or the end of `bytes`).
    private mutating func readStructured(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var line: [UInt8] = []
        var position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            line.append(bytes[position])
            position += 1
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return position }
        // A list that is cut cannot be parsed, so it counts as one.
        guard line.count <= bytesLeft else {
            bytesLeft = 0
            scan.dropped.beyondLimit += 1
            return position
        }
        bytesLeft -= line.count
        var parser = StructuredFieldValueParser(line)
        guard let members = try? parser.parseListFieldValue() else {
            scan.dropped.invalid += 1
            return position
        }
        for member in members {
            guard case .item(let item) = member else {
                scan.dropped.invalid += 1
                continue
            }
            switch item.rfc9651BareItem {
            case .string(let text), .token(let text): keepIfTag(Array(text.utf8))
            default: scan.dropped.invalid += 1
            }
        }
        return position
    }

    private mutating func keepIfTag(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, bytes.allSatisfy(CacheTag.isAllowed) else {
            scan.dropped.invalid += 1
            return
        }
        keep(bytes.span)
    }

    /// Keeps a tag whose characters are those that a tag may have.
    private mutating func keep(_ tag: Span<UInt8>) {
        guard tag.count <= Limits.tagBytesMax else {
            scan.dropped.tooLong += 1
            return
        }
        var lowered = Array(repeating: UInt8(0), count: tag.count)
        var target = lowered.mutableSpan
        // Repeated tags are found by comparing numbers, and bytes only when the numbers are the same.
        var hash = FNV1a()
        for offset in 0..<tag.count {
            let byte = CacheTag.lowered(tag[offset])
            target[offset] = byte
            hash.add(byte)
        }
        keep(CacheTag(lowered: lowered), hash: hash.value)
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
