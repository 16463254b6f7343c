/// Writes the records of FastCGI that a responder sends.
///
/// It stands here and not beside one suite because unit tests, fuzzing and real servers need the same bytes.
package enum FastCGIRecords {
    package static let stdout: UInt8 = 6
    package static let stderr: UInt8 = 7

    /// The record that ends a request with success.
    package static let end: [UInt8] = [1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

    /// One record.
    package static func record(_ type: UInt8, _ content: some Collection<UInt8>, padding: Int = 0) -> [UInt8] {
        let header: [UInt8] = [
            1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 255), UInt8(padding), 0,
        ]
        return header + content + [UInt8](repeating: 0x70, count: padding)
    }

    /// Cuts text into records anywhere, with padding, and messages in between.
    ///
    /// - Parameter sizeMax: bytes of text in one record; at most 65,535.
    package static func cut(_ text: [UInt8], sizeMax: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        repeat {
            if random.once(in: 3) { bytes += record(stderr, random.bytes(upTo: 40), padding: random.number(0...8)) }
            let piece = rest.prefix(random.number(1...sizeMax))
            rest = rest.dropFirst(piece.count)
            // The body goes on in the last one, without padding before it.
            bytes += record(stdout, piece, padding: rest.isEmpty ? 0 : random.number(0...8))
        } while !rest.isEmpty
        return bytes
    }
}
