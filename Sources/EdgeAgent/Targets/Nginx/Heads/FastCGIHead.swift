/// A head in FastCGI records: CGI lines, cut wherever a record was full, with records of messages in between.
///
/// A record has a header of eight bytes (version, type, two of request id, two of content length, one of padding
/// length, one reserved), content, and padding. Source: FastCGI Specification 1.0, section 3.3. The head ends somewhere
/// in the content of a record; the body goes on in it.
enum FastCGIHead {
    /// The first byte of every record.
    static let version: UInt8 = 1

    private static let headerBytes = 8
    private static let stdout: UInt8 = 6
    private static let stderr: UInt8 = 7

    /// Takes the records away.
    static func text(of head: Span<UInt8>) -> HeadText {
        var text = HeadText()
        text.bytes.reserveCapacity(head.count)
        var position = 0
        while position < head.count {
            let content = position + headerBytes
            // nginx takes no other types before the end of a head.
            guard content <= head.count, head[position] == version,
                head[position + 1] == stdout || head[position + 1] == stderr
            else {
                text.flaw = .damagedFastCGI
                break
            }
            let end = content + Int(head[position + 4]) << 8 + Int(head[position + 5])
            if head[position + 1] == stdout {
                for index in content..<min(end, head.count) { text.bytes.append(head[index]) }
            }
            position = end + Int(head[position + 6])
        }
        return text
    }
}
