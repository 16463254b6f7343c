import PurgeModel

/// Takes one stored key apart, in every way in which its template could have made it.
///
/// The work is bounded, whatever the key: see ``stepsMax``.
struct CacheKeyReader {
    /// What was found on the way to one reading.
    private struct Found {
        var host: Range<Int>?
        var sent: Range<Int>?
        var path: Range<Int>?
        var query: Range<Int>?
        var hasQuestionMark: Bool?
        var arguments: [Range<Int>] = []
        var isSlice = false
        var isOpen = false
    }

    private let parts: [CacheKeyPart]
    private let key: ArraySlice<UInt8>
    private let fixedHosts: [[UInt8]]
    private var form: TargetForm
    private let normalization: URLNormalization
    private var found = CacheKeyTemplate.Key()
    /// Whether a target is taken as an open one wherever it begins, and what follows it is not looked at.
    private var opensTargets = false
    private var isTooMuch = false
    private var steps = 0

    /// Hosts and targets that one key may have.
    private static let hostsMax = 64
    private static let targetsMax = 16
    /// Places looked at where a part may end.
    private static let endsMax = 256
    /// Parts tried; a hostile key takes no longer.
    private static let stepsMax = 4096

    init(
        _ parts: [CacheKeyPart], _ key: ArraySlice<UInt8>, fixedHosts: [[UInt8]], form: TargetForm,
        _ normalization: URLNormalization
    ) {
        self.parts = parts
        self.key = key
        self.fixedHosts = fixedHosts
        self.form = form
        self.normalization = normalization
    }

    /// All readings together; nil if there is none, or there are too many.
    ///
    /// - Parameter open: the form of a target that stands for too many.
    mutating func read(orAs open: TargetForm?) -> CacheKeyTemplate.Key? {
        read(key.startIndex, 0, Found())
        if !isTooMuch { return found.targets.isEmpty ? nil : found }
        guard let open, !opensTargets else { return nil }
        (form, opensTargets, found, isTooMuch, steps) = (open, true, CacheKeyTemplate.Key(), false, 0)
        return read(orAs: nil)
    }

    private mutating func read(_ position: Int, _ index: Int, _ so: Found) {
        steps += 1
        guard steps <= Self.stepsMax, !isTooMuch else { return isTooMuch = true }
        guard index < parts.count else {
            if position == key.endIndex { take(so) }
            return
        }
        let part = parts[index]
        switch part {
        case .literal(let bytes):
            if key[position...].starts(with: bytes) { read(position + bytes.count, index + 1, so) }
        case .values(let texts):
            for text in texts where key[position...].starts(with: text) { read(position + text.count, index + 1, so) }
        case .questionMark:
            for text in [[UInt8(ascii: "?")], []] where key[position...].starts(with: text) {
                var next = so
                next.hasQuestionMark = !text.isEmpty
                read(position + text.count, index + 1, next)
            }
        case .slice:
            if let end = Self.end(ofSliceIn: key[position...]) {
                var next = so
                next.isSlice = true
                read(end, index + 1, next)
            }
            read(position, index + 1, so)
        case .digits:
            for end in ends(from: position, index + 1, of: Self.isDigit)
            where key[position..<end].allSatisfy(Self.isDigit) {
                read(end, index + 1, so)
            }
        case .address:
            for end in ends(from: position + 1, index + 1, of: Self.isAddressByte)
            where key[position..<end].allSatisfy(Self.isAddressByte) {
                read(end, index + 1, so)
            }
        case .host:
            for end in ends(from: position + 1, index + 1, of: Self.isNoSlash) where isHost(position..<end) {
                var next = so
                next.host = position..<end
                read(end, index + 1, next)
            }
        case .sent, .path, .openTarget:
            // An absolute request without a path has a $request_uri without a slash.
            guard position < key.endIndex, key[position] == UInt8(ascii: "/") || key[position] == UInt8(ascii: "?")
            else { return }
            if opensTargets {
                var last = so
                (last.sent, last.isOpen) = (position..<endOfText(from: position, &last), true)
                return take(last)
            }
            for end in ends(from: position + 1, index + 1) {
                var next = so
                if part == .path { next.path = position..<end } else { next.sent = position..<end }
                if case .openTarget = part { next.isOpen = true }
                read(end, index + 1, next)
            }
        case .query, .argument:
            for end in ends(from: position, index + 1) {
                var next = so
                if part == .query { next.query = position..<end } else { next.arguments.append(position..<end) }
                read(end, index + 1, next)
            }
        case .other:
            for end in ends(from: position, index + 1) { read(end, index + 1, so) }
        }
    }

    /// Where text ends that is not taken apart: before the slice, which stands last.
    private func endOfText(from start: Int, _ so: inout Found) -> Int {
        guard parts.last == .slice, let range = key.lastIndex(of: UInt8(ascii: "=")), range >= start + 6,
            Self.end(ofSliceIn: key[(range - 5)...]) == key.endIndex
        else { return key.endIndex }
        so.isSlice = true
        return range - 5
    }

    // MARK: Where a part may end

    /// The places from `start` on where a part may end so that the next one can begin there.
    ///
    /// - Parameter isOwn: whether a byte can be in the part: it ends before the first one that cannot, at the latest. A
    ///   long key would have too many places else.
    private mutating func ends(from start: Int, _ next: Int, of isOwn: ((UInt8) -> Bool)? = nil) -> [Int] {
        guard start <= key.endIndex else { return [] }
        var ends: [Int] = []
        let bound = isOwn.flatMap { isOwn in key[start...].firstIndex { !isOwn($0) } }
        add(&ends, start..<(bound.map { $0 + 1 } ?? key.endIndex), next)
        if ends.count > Self.endsMax { isTooMuch = true }
        return ends
    }

    private func add(_ ends: inout [Int], _ places: Range<Int>, _ next: Int) {
        guard next < parts.count else { return ends.append(key.endIndex) }
        switch parts[next] {
        case .literal(let text): add(&ends, places) { key[$0] == text[0] && key[$0...].starts(with: text) }
        case .values(let texts):
            add(&ends, places) { place in texts.contains { !$0.isEmpty && key[place...].starts(with: $0) } }
        case .questionMark: add(&ends, places) { key[$0] == UInt8(ascii: "?") }
        case .slice:
            let isLast = next == parts.count - 1
            add(&ends, places) { place in
                guard let end = Self.end(ofSliceIn: key[place...]) else { return false }
                return !isLast || end == key.endIndex
            }
        case .sent, .openTarget: add(&ends, places) { key[$0] == UInt8(ascii: "/") || key[$0] == UInt8(ascii: "?") }
        case .path: add(&ends, places) { key[$0] == UInt8(ascii: "/") }
        case .digits: add(&ends, places) { Self.isDigit(key[$0]) }
        case .query, .argument, .other, .host, .address: add(&ends, places) { _ in true }
        }
        // It may be nothing, and then what follows it begins there. Where `$is_args` is nothing, so is `$args` behind
        // it: else a long URL would have too many ends.
        guard parts[next].mayBeEmpty else { return }
        let isQueryToo = parts[next] == .questionMark && next + 1 < parts.count && parts[next + 1] == .query
        add(&ends, places, next + (isQueryToo ? 2 : 1))
    }

    private func add(_ ends: inout [Int], _ places: Range<Int>, where isPlace: (Int) -> Bool) {
        let known = ends
        for place in places where isPlace(place) && !known.contains(place) {
            ends.append(place)
            if ends.count > Self.endsMax { return }
        }
    }

    /// Whether this can be a host: nginx refuses slashes and blanks in one, and little else (`ngx_http_validate_host`).
    private func isHost(_ range: Range<Int>) -> Bool {
        // What ends with a colon is `http:`, which is a host only to a template that does not fit.
        !range.isEmpty && key[range.upperBound - 1] != UInt8(ascii: ":")
            && key[range].allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "/") && $0 != 0x7f }
    }

    private static func isNoSlash(_ byte: UInt8) -> Bool { byte != UInt8(ascii: "/") }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x3a, 0x41...0x46, 0x61...0x66, 0x2e, 0x5b, 0x5d: true  // 0-9 : A-F a-f . [ ]
        default: false
        }
    }

    /// The end of `bytes=0-1048575` at the start of the bytes.
    private static func end(ofSliceIn key: ArraySlice<UInt8>) -> Int? {
        guard key.first == UInt8(ascii: "b"), key.starts(with: "bytes=".utf8) else { return nil }
        let first = key.dropFirst(6)
        let dash = first.drop(while: isDigit)
        guard dash.startIndex > first.startIndex, dash.first == UInt8(ascii: "-") else { return nil }
        let last = dash.dropFirst()
        let rest = last.drop(while: isDigit)
        return rest.startIndex > last.startIndex ? rest.startIndex : nil
    }

    // MARK: A reading

    private mutating func take(_ so: Found) {
        guard let path = so.sent ?? so.path, so.isOpen || isConsistent(so) else { return }
        let hosts = fixedHosts.isEmpty ? so.host.map { [Array(key[$0])] } ?? [] : fixedHosts
        guard !hosts.isEmpty else { return }
        for host in hosts where !found.hosts.contains(host) { found.hosts.append(host) }
        found.isSlice = found.isSlice || so.isSlice
        let targets = form.targets(
            stored: key[path], query: so.query.map { key[$0] } ?? [], arguments: so.arguments.map { key[$0] },
            normalization)
        for target in targets where !found.targets.contains(target) { found.targets.append(target) }
        isTooMuch = found.hosts.count > Self.hostsMax || found.targets.count > Self.targetsMax
    }

    /// Whether the query is the same wherever it stands in the key.
    private func isConsistent(_ so: Found) -> Bool {
        var query = so.query
        if let sent = so.sent {
            guard so.query != nil || so.hasQuestionMark != nil else { return true }
            let mark = key[sent].firstIndex(of: UInt8(ascii: "?")) ?? sent.upperBound
            let own = key[mark..<sent.upperBound].dropFirst()
            if let other = query, key[other] != own { return false }
            query = own.indices
        }
        // `$is_args` is a question mark where there is a query.
        guard let hasMark = so.hasQuestionMark, let query else { return true }
        return hasMark == !query.isEmpty
    }
}
