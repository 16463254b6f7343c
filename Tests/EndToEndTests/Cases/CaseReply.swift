import TestSupport

/// What an origin answers for a page.
struct CaseReply: Sendable {
    /// Header fields in their order; for the modules that are not `proxy` they may stand before the status.
    var fields: [(name: String, value: String)]
    /// How many of the fields stand before the status.
    var fieldsBeforeStatus = 0
    /// The least bytes of the body, which is the version again and again.
    var bytesMin = 1
    /// Of the answer; of a part of it, it is 206.
    var status = 200
    /// Whether its head says how long it is.
    var hasLength = true
    /// Whether FastCGI records end anywhere, are padded, and have messages for the error log between them.
    var hasOddRecords = false

    /// The bytes that nginx gets.
    ///
    /// - Parameter range: the value of `Range`, as nginx asks for slices.
    func bytes(
        _ module: TinyOrigin.Module, version: Int, range: String?, _ random: inout SeededGenerator
    ) -> [UInt8] {
        let word = "v\(version) "
        var body = Array(String(repeating: word, count: max(1, bytesMin / word.utf8.count)).utf8)
        var status = "\(status) Status"
        // Answers to HEAD have no body to tell it.
        var all = fields + [(name: "X-Version", value: "v\(version)")]
        if let part = range.flatMap({ Self.part($0, of: body.count) }) {
            status = "206 Partial Content"
            all.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(body.count)"))
            body = Array(body[part])
        }
        if hasLength { all.append(("Content-Length", "\(body.count)")) }
        let lines = all.map { "\($0.name): \($0.value)" }
        let place = module == .proxy ? 0 : min(fieldsBeforeStatus, fields.count)
        let first = module == .proxy ? "HTTP/1.1 \(status)" : "Status: \(status)"
        let head = (lines[..<place] + [first] + lines[place...]).map { $0 + "\r\n" }.joined() + "\r\n"
        let bytes = Array(head.utf8) + body
        return module == .fastcgi ? records(bytes, &random) : bytes
    }

    private static func part(_ range: String, of count: Int) -> Range<Int>? {
        guard let match = range.wholeMatch(of: /bytes=(\d+)-(\d+)/), let first = Int(match.1), let last = Int(match.2),
            first < count, first <= last
        else { return nil }
        return first..<min(last + 1, count)
    }

    // MARK: FastCGI

    private func records(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            if hasOddRecords, random.once(in: 4) {
                output += Self.record(
                    7, Array("PHP Warning:  odd\nCache-Tag: forged\n".utf8)[...], &random, padded: true)
            }
            let most = hasOddRecords ? random.pick([3, 40, 700, 0xFFFF]) : 0xFFFF
            let piece = rest.prefix(hasOddRecords ? random.number(1...most) : most)
            output += Self.record(6, piece, &random, padded: hasOddRecords)
            rest = rest.dropFirst(piece.count)
        }
        return output + Self.record(6, [], &random, padded: false)
            + Self.record(3, [0, 0, 0, 0, 0, 0, 0, 0], &random, padded: false)
    }

    /// A record of request 1: 6 is what the application printed, 7 goes to the error log, 3 is the end.
    private static func record(
        _ type: UInt8, _ content: ArraySlice<UInt8>, _ random: inout SeededGenerator, padded: Bool
    ) -> [UInt8] {
        let padding = padded ? random.number(0...9) : 0
        return [1, type, 0, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF), UInt8(padding), 0] + content
            + [UInt8](repeating: UInt8(ascii: "p"), count: padding)
    }
}
