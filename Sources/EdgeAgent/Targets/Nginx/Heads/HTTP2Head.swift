import NIOCore
import NIOHPACK

/// A head in HTTP/2 frames: HEADERS and CONTINUATION with a block in HPACK, and frames about the connection before it.
///
/// A frame has a header of nine bytes (three of length, type, flags, four of stream) and a payload. Source: RFC 9113,
/// section 4.1. nginx refuses what is about another stream.
enum HTTP2Head {
    private static let headerBytes = 9
    private static let headers: UInt8 = 1
    private static let continuation: UInt8 = 9
    private static let endHeaders: UInt8 = 0x04
    private static let padded: UInt8 = 0x08
    private static let priority: UInt8 = 0x20

    /// Bytes of a decoded block, with 32 for each field.
    ///
    /// A head of 64 KiB, Huffman coded all through (5 bits for a character), has 104 KiB.
    private static let blockBytesMax = 256 * 1024

    /// Decodes the head.
    static func text(of head: Span<UInt8>) -> HeadText {
        var text = HeadText()
        do throws(UnreadableHead) {
            let block = try block(of: head)
            try decode(block, into: &text.bytes)
        } catch {
            text.flaw = error
        }
        return text
    }

    /// Puts the fragments of the header block together.
    private static func block(of head: Span<UInt8>) throws(UnreadableHead) -> [UInt8] {
        var block: [UInt8] = []
        var isOpen = false
        var position = 0
        while position < head.count {
            let payload = position + headerBytes
            guard payload <= head.count else { throw .incomplete }
            let length = Int(head[position]) << 16 + Int(head[position + 1]) << 8 + Int(head[position + 2])
            let (type, flags) = (head[position + 3], head[position + 4])
            let end = payload + length
            var (first, last) = (payload, end)
            switch type {
            case headers:
                // A second block before the first has ended.
                guard !isOpen else { throw .damagedHTTP2 }
                if flags & padded != 0 {
                    guard first < head.count else { throw .incomplete }
                    last -= Int(head[first])
                    first += 1
                }
                if flags & priority != 0 { first += 5 }
            case continuation:
                guard isOpen else { throw .damagedHTTP2 }
            default:
                // About the connection: SETTINGS, WINDOW_UPDATE, PING, or a kind that nginx passes over.
                guard end <= head.count else { throw .incomplete }
                position = end
                continue
            }
            guard first <= last else { throw .damagedHTTP2 }
            // Padding may lie beyond the head.
            guard last <= head.count else { throw .incomplete }
            for index in first..<last { block.append(head[index]) }
            isOpen = flags & endHeaders == 0
            if !isOpen { return block }
            position = end
        }
        throw .incomplete
    }

    /// Decodes a block and appends it as lines.
    ///
    /// nginx tells the upstream to keep no table between responses (SETTINGS_HEADER_TABLE_SIZE 0), so a block can be
    /// decoded by itself. The decoder has the table that the protocol allows without that: what a block adds, it may
    /// refer to.
    private static func decode(_ block: [UInt8], into text: inout [UInt8]) throws(UnreadableHead) {
        var decoder = HPACKDecoder(
            allocator: ByteBufferAllocator(), maxDynamicTableSize: HPACKDecoder.maxDynamicTableSize,
            maxHeaderListSize: blockBytesMax)
        var buffer = ByteBuffer(bytes: block)
        guard let fields = try? decoder.decodeHeaders(from: &buffer) else { throw .damagedHTTP2 }
        for (name, value, _) in fields {
            // `:status` is no field.
            if name.utf8.first == UInt8(ascii: ":") { continue }
            // nginx refuses these; as lines they would be something else.
            guard !name.utf8.contains(where: { isEnd($0) || $0 == UInt8(ascii: ":") }),
                !value.utf8.contains(where: isEnd)
            else { throw .damagedHTTP2 }
            text += name.utf8
            text += ": ".utf8
            text += value.utf8
            text += "\r\n".utf8
        }
        text += "\r\n".utf8
    }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n") || byte == 0
    }
}
