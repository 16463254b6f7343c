import NIOCore

/// Reads requests of HTTP/1.1 (RFC 9112) off one connection: a head, and a body of which the head says the length.
///
/// An answer takes as long as a few system calls, and a reader of all of HTTP as long again. Nothing is taken here that
/// two readers could take for different things: a length that is there twice, chunks, lines without their CR.
struct AskRequestReader {
    /// Why there is nothing more to read on a connection.
    enum Failure: Error {
        /// These bytes are no such request.
        case malformed
        /// The key is longer than any that nginx could have.
        case keyTooLong
    }

    private enum Field: String, CaseIterable {
        case host
        case requestURI = "x-original-uri"
        case method = "x-original-method"
        case cache = "x-edge-purge-cache"
        case told = "x-edge-purge-told"
        case wait = "x-edge-purge-wait"
        case length = "content-length"
        case connection
        case coding = "transfer-encoding"
    }

    /// What came and is not read yet begins at `start`.
    private var bytes: [UInt8] = []
    private var start = 0
    /// Up to here the end of the head was looked for.
    private var searched = 0
    /// A head whose body is not whole yet, and how long that is.
    private var head: (request: AskRequest, length: Int)?

    private static let keyMax = 256 * 1024
    /// Bytes of a head at most: nginx takes a target of 32 KiB at most, unless it is told otherwise.
    private static let headMax = 80 * 1024
    private static let keptCapacityMax = 4096
    private static let names = Field.allCases.map { (bytes: Array($0.rawValue.utf8), field: $0) }
    private static let (tab, lineFeed, carriageReturn, space) = (UInt8(9), UInt8(10), UInt8(13), UInt8(ascii: " "))

    /// Bytes that came and are not read yet.
    var count: Int { bytes.count - start }

    /// Takes what came.
    mutating func add(_ more: ByteBuffer) { bytes += more.readableBytesView }

    /// The next request; nil: it is not whole yet.
    mutating func next() throws(Failure) -> AskRequest? {
        if head == nil { head = try readHead() }
        guard case (var request, let length)? = head, count >= length else {
            compact()
            return nil
        }
        head = nil
        request.cacheKey = Array(bytes[start..<start + length])
        start += length
        searched = start
        return request
    }

    /// Gives back the room of what was read.
    private mutating func compact() {
        if count == 0, bytes.capacity > Self.keptCapacityMax { bytes = [] } else { bytes.removeFirst(start) }
        searched -= start
        start = 0
    }

    // MARK: The head

    private mutating func readHead() throws(Failure) -> (request: AskRequest, length: Int)? {
        guard let end = endOfHead() else {
            guard count <= Self.headMax else { throw .malformed }
            return nil
        }
        guard end - start <= Self.headMax else { throw .malformed }
        var lines = bytes[start..<end]
        start = end
        var request = AskRequest()
        request.isLast = try Self.isOld(Self.takeLine(&lines))
        var length: Int?
        while case let line = try Self.takeLine(&lines), !line.isEmpty { try Self.read(line, &request, &length) }
        return (request, length ?? 0)
    }

    /// The place behind the empty line that ends a head; nil: it has not come.
    private mutating func endOfHead() -> Int? {
        while let end = bytes[searched...].firstIndex(of: Self.lineFeed) {
            searched = end + 1
            if bytes[start..<end].suffix(2).elementsEqual([Self.lineFeed, Self.carriageReturn]) { return end + 1 }
        }
        searched = bytes.count
        return nil
    }

    /// The next line, without its end.
    private static func takeLine(_ lines: inout ArraySlice<UInt8>) throws(Failure) -> ArraySlice<UInt8> {
        guard let end = lines.firstIndex(of: lineFeed), end > lines.startIndex,
            lines.firstIndex(of: carriageReturn) == end - 1
        else { throw .malformed }
        defer { lines = lines[(end + 1)...] }
        return lines[..<(end - 1)]
    }

    /// Whether a request line is that of HTTP/1.0, which keeps no connection.
    private static func isOld(_ line: ArraySlice<UInt8>) throws(Failure) -> Bool {
        let words = line.split(separator: space, omittingEmptySubsequences: false)
        guard words.count == 3, !words[0].isEmpty, !words[1].isEmpty else { throw .malformed }
        if words[2].elementsEqual("HTTP/1.1".utf8) { return false }
        guard words[2].elementsEqual("HTTP/1.0".utf8) else { throw .malformed }
        return true
    }

    private static func read(
        _ line: ArraySlice<UInt8>, _ request: inout AskRequest, _ length: inout Int?
    ) throws(Failure) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else { throw .malformed }
        let name = line[..<colon]
        guard !name.contains(space), !name.contains(tab) else { throw .malformed }
        guard let field = field(name) else { return }
        let value = trimmed(line[(colon + 1)...])
        switch field {
        case .host: if request.host.isEmpty { request.host = Array(value) }
        case .requestURI: if request.requestURI.isEmpty { request.requestURI = Array(value) }
        case .method: if request.method.isEmpty { request.method = Array(value) }
        case .cache: if request.cache.isEmpty { request.cache = Array(value) }
        case .told: request.wasTold = true
        case .wait: request.canWait = true
        case .length:
            guard length == nil, !value.isEmpty, value.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 })
            else { throw .malformed }
            guard let number = Int(String(decoding: value, as: UTF8.self)), number <= keyMax else { throw .keyTooLong }
            length = number
        case .connection:
            let options = value.split(separator: UInt8(ascii: ",")).map { trimmed($0) }
            if options.contains(where: { isSame($0, "close".utf8) }) { request.isLast = true }
        case .coding: throw .malformed
        }
    }

    private static func field(_ name: ArraySlice<UInt8>) -> Field? {
        names.first { isSame(name, $0.bytes) }?.field
    }

    /// Whether a word is another one, which is in small letters.
    private static func isSame(_ word: ArraySlice<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        let capitals = UInt8(ascii: "A")...UInt8(ascii: "Z")
        return word.count == other.count && zip(word, other).allSatisfy { (capitals ~= $0 ? $0 | 0x20 : $0) == $1 }
    }

    private static func trimmed(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
        let value = value.drop(while: isBlank)
        return value.dropLast(value.reversed().prefix(while: isBlank).count)
    }
}
