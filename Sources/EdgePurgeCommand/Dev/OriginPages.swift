import Synchronization

/// The pages of the development origin: any path is a page, with a version that can be raised and cache tags made of
/// its path.
///
/// - `/products/7` carries `site, products, product-7`; `/lists/top` carries `site, lists, product-1, product-3`.
/// - `/vary/…` varies by `Accept-Encoding`; `/slice/…` is 3 MiB long and answers ranges.
/// - `?tags=a,b` sets the tags, `?bytes=N` the size, `?delay=MS` makes the answer slow, `?body_delay=MS` its second
///   half, `?max_age=S` sets how long it is fresh; from version N on `?private_from=N` is not to be stored, and
///   `?broken_from=N` a failure.
/// - `POST /_origin/bump?path=/products/7` raises the version of pages (without `path`: of all), and tells the new
///   ones.
/// - `GET /_origin/requests?path=…` tells how often a page was fetched.
/// - `POST /_origin/hold?path=…&part=head` (or `body`) holds back the answers to later requests,
///   `POST /_origin/release?path=…` lets them go, `GET /_origin/held?path=…` tells how many wait.
final class OriginPages: Sendable {
    private struct State {
        /// Raised for all pages at once.
        var base = 1
        /// Raised for single pages.
        var raised: [String: Int] = [:]
        var requests: [String: Int] = [:]

        func version(of path: String) -> Int { base + raised[path, default: 0] }
    }

    private let state = Mutex(State())
    /// Answers that are held back.
    let holds = OriginHolds()

    /// Bytes of a page under `/slice/`: four slices of 1 MiB, the last one not full.
    static let sliceBytes = 3 << 20 | 1 << 19
    /// A page is not made larger than this.
    private static let bytesMax = 64 << 20
    /// A page is not delayed longer than this, in milliseconds.
    private static let delayMax = 120_000

    /// Creates the pages, all of version 1.
    init() {}

    /// Answers one request.
    func answer(_ request: OriginRequest) -> OriginAnswer {
        if request.path.hasPrefix("/_origin/") { return control(request) }
        if request.method != "GET" && request.method != "HEAD" {
            return OriginAnswer(status: 405, fields: [("Allow", "GET, HEAD")])
        }
        let version = state.withLock { state in
            state.requests[request.path, default: 0] += 1
            return state.version(of: request.path)
        }
        var answer = page(request, version: version)
        answer.hold = holds.take(request.path)
        return answer
    }

    /// The version a page has now.
    func version(of path: String) -> Int {
        state.withLock { $0.version(of: path) }
    }

    /// The tags of a page unless the request sets others.
    static func tags(of path: String) -> [String] {
        let parts = path.split(separator: "/").map { String($0).lowercased() }
        switch parts.first {
        case nil: return ["site", "home"]
        case "products" where parts.count == 2: return ["site", "products", "product-\(parts[1])"]
        case "lists": return ["site", "lists", "product-1", "product-3"]
        default:
            let joined = parts.indices.map { parts[...$0].joined(separator: "-") }
            return ["site"] + joined.filter { $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ",") } }
        }
    }

    private func page(_ request: OriginRequest, version: Int) -> OriginAnswer {
        let tags = request.value("tags") ?? Self.tags(of: request.path).joined(separator: ",")
        let variant = request.path.hasPrefix("/vary/") ? Self.encoding(request.acceptEncoding) : nil
        let isSliced = request.path.hasPrefix("/slice/")
        let etag = "\"v\(version)\(variant.map { "-\($0)" } ?? "")\""
        var answer = OriginAnswer()
        answer.delayMilliseconds = request.integer("delay", in: 0...Self.delayMax) ?? 0
        answer.bodyDelayMilliseconds = request.integer("body_delay", in: 0...Self.delayMax) ?? 0
        answer.fields = [
            ("Cache-Tag", tags.filter { $0.isASCII && !$0.isNewline }),
            ("Cache-Control", "public, max-age=\(request.integer("max_age", in: 0...31_536_000) ?? 3600)"),
            ("ETag", etag),
            ("X-Version", "\(version)"),
        ]
        if variant != nil { answer.fields.append(("Vary", "Accept-Encoding")) }
        if let first = request.integer("private_from", in: 0...Int.max), version >= first {
            answer.fields.append(("Cache-Control", "private"))
        }
        if let first = request.integer("broken_from", in: 0...Int.max), version >= first {
            return OriginAnswer(status: 500, fields: [("X-Version", "\(version)")])
        }
        if request.ifNoneMatch == etag {
            answer.status = 304
            return answer
        }
        answer.fields.append(("Content-Type", isSliced ? "application/octet-stream" : "text/plain; charset=utf-8"))
        let line = "\(request.path) version \(version)\(variant.map { " for \($0)" } ?? "")\n"
        let size = request.integer("bytes", in: 0...Self.bytesMax)
        if isSliced {
            fill(&answer, with: line, size: size ?? Self.sliceBytes, range: request.range)
        } else if let size {
            answer.body = Self.bytes(of: line, in: 0..<size)
        } else {
            answer.body = Array(line.utf8)
        }
        return answer
    }

    /// The whole body or the part asked for.
    private func fill(_ answer: inout OriginAnswer, with line: String, size: Int, range: String?) {
        answer.fields.append(("Accept-Ranges", "bytes"))
        switch ByteRangeRequest(field: range, size: size) {
        case .everything:
            answer.body = Self.bytes(of: line, in: 0..<size)
        case .part(let part):
            answer.status = 206
            answer.fields.append(("Content-Range", "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(size)"))
            answer.body = Self.bytes(of: line, in: part)
        case .unsatisfiable:
            answer.status = 416
            answer.fields.append(("Content-Range", "bytes */\(size)"))
        }
    }

    /// `range` of the endless repetition of `line`.
    private static func bytes(of line: String, in range: Range<Int>) -> [UInt8] {
        let pattern = Array(line.utf8)
        return range.map { pattern[$0 % pattern.count] }
    }

    /// The encoding a page is made for: the first of these that the visitor takes.
    private static func encoding(_ accepted: String?) -> String {
        let accepted = (accepted ?? "").lowercased()
        return ["br", "zstd", "gzip"].first { accepted.contains($0) } ?? "identity"
    }

    private func control(_ request: OriginRequest) -> OriginAnswer {
        let paths = request.query.filter { $0.name == "path" }.map(\.value)
        let json = ("Content-Type", "application/json")
        let fields = [json, ("Cache-Control", "no-store")]
        switch (request.method, request.path) {
        case ("POST", "/_origin/bump"):
            let versions = state.withLock { state in
                if paths.isEmpty { state.base += 1 }
                for path in paths { state.raised[path, default: 0] += 1 }
                return paths.map { "\(state.version(of: $0))" }
            }
            let bumped = paths.isEmpty ? "\"all\"" : "\(paths.count)"
            let body = "{\"bumped\":\(bumped),\"versions\":[\(versions.joined(separator: ","))]}\n"
            return OriginAnswer(fields: fields, body: Array(body.utf8))
        case ("GET", "/_origin/requests"):
            let count = state.withLock { state in
                paths.isEmpty
                    ? state.requests.values.reduce(0, +) : paths.reduce(0) { $0 + state.requests[$1, default: 0] }
            }
            return OriginAnswer(fields: fields, body: Array("{\"requests\":\(count)}\n".utf8))
        case ("POST", "/_origin/hold"):
            let part = request.value("part").flatMap(OriginHolds.Part.init(rawValue:)) ?? .head
            paths.forEach { holds.hold($0, part) }
            return OriginAnswer(fields: fields, body: Array("{}\n".utf8))
        case ("POST", "/_origin/release"):
            paths.forEach(holds.release)
            return OriginAnswer(fields: fields, body: Array("{}\n".utf8))
        case ("GET", "/_origin/held"):
            let count = paths.reduce(0) { $0 + holds.waiting($1) }
            return OriginAnswer(fields: fields, body: Array("{\"held\":\(count)}\n".utf8))
        default:
            let help = "{\"error\":\"POST /_origin/bump?path=… or GET /_origin/requests?path=…\"}\n"
            return OriginAnswer(status: 404, fields: fields, body: Array(help.utf8))
        }
    }
}
