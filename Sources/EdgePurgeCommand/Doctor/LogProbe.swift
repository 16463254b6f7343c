import EdgeAgent
import Foundation

/// Asks nginx for a page that nobody has, and reads what its access log says of that.
struct LogProbe: Sendable {
    /// What came of it.
    struct Sighting: Sendable {
        /// The status of the answer.
        var status: UInt
        /// What the agent would read; nil: nothing was written.
        var reading: FetchLine.Reading?
        /// The text that was in this request only.
        var token: String
    }

    let place: ProbePlace
    /// The access log.
    let log: String

    /// nginx writes the line when the answer has been sent.
    private static let limit = Duration.seconds(5)
    private static let pause = Duration.milliseconds(20)
    private static let bytesMax = 16 << 20

    /// Asks once.
    ///
    /// - Throws: why nginx gave no answer, or why the log cannot be read.
    func ask() async throws -> Sighting {
        let token = String(UInt64.random(in: .min ... .max), radix: 16)
        let start = try size()
        let status = try await NginxVisitor().ask(place, place.target(token))
        let end = ContinuousClock.now + Self.limit
        while true {
            if let line = try line(with: token, from: start) {
                return Sighting(status: status, reading: FetchLine.read(line, keepsNames: true), token: token)
            }
            guard .now < end else { return Sighting(status: status, reading: nil, token: token) }
            try await Task.sleep(for: Self.pause)
        }
    }

    private func size() throws -> UInt64 {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: log))
        defer { try? handle.close() }
        return try handle.seekToEnd()
    }

    /// The whole line that has the token.
    private func line(with token: String, from start: UInt64) throws -> ArraySlice<UInt8>? {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: log))
        defer { try? handle.close() }
        // One that is shorter was moved aside.
        if try handle.seekToEnd() >= start { try handle.seek(toOffset: start) } else { try handle.seek(toOffset: 0) }
        let bytes = Array(try handle.read(upToCount: Self.bytesMax) ?? Data())
        guard let last = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        return bytes[..<last].split(separator: UInt8(ascii: "\n")).first { $0.contains(token.utf8) }
    }
}
