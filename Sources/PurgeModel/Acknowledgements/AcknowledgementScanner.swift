/// Reads an acknowledgement in exactly the form that ``AcknowledgementCodec/encode(_:)`` writes, many times faster than
/// a JSON parser.
///
/// A collector of 10,000 agents reads as many acknowledgements a second. Whatever is unusual (another order of fields,
/// spaces, escapes, fields it does not know, anything invalid) is left to the parser, which alone decides what is wrong
/// and says so. What is read here is what the parser would have read.
struct AcknowledgementScanner {
    private typealias Unusual = PlainJSONReader.Unusual

    /// `,"name":` or `{"name":` of every field, once.
    private enum Field {
        static let agent = bytes("{\"agent\":")
        static let cache = bytes(",\"cache\":")
        static let counts = bytes(",\"counts\":")
        static let drained = bytes(",\"drained\":true")
        static let fence = bytes(",\"fence\":")
        static let fenceAfter = bytes(",\"fence_after_ms\":")
        static let instance = bytes(",\"instance\":")
        static let machine = bytes(",\"machine\":")
        static let partitions = bytes(",\"partitions\":")
        static let problem = bytes(",\"problem\":")
        static let recent = bytes(",\"recent\":")
        static let region = bytes(",\"region\":")
        static let sentAt = bytes(",\"sent_at\":")
        static let software = bytes(",\"software\":")
        static let status = bytes(",\"status\":")
        static let tier = bytes(",\"tier\":{")

        static let above = bytes("\"above\":")
        static let guardTime = bytes("\"guard_ms\":")
        static let name = bytes(",\"name\":")
        static let waiting = bytes(",\"waiting\":")

        static let bytesIndexed = bytes("{\"bytes_indexed\":")
        static let bytesRemoved = bytes(",\"bytes_removed\":")
        static let deadLetters = bytes(",\"dead_letters\":")
        static let errors = bytes(",\"errors\":")
        static let flushes = bytes(",\"flushes\":")
        static let guardRemoved = bytes(",\"guard_removed\":")
        static let objectsIndexed = bytes(",\"objects_indexed\":")
        static let objectsRemoved = bytes(",\"objects_removed\":")
        static let purges = bytes(",\"purges\":")
        static let reclaimWaitingBytes = bytes(",\"reclaim_waiting_bytes\":")
        static let reclaimedBytes = bytes(",\"reclaimed_bytes\":")
        static let repaired = bytes(",\"repaired\":")
        static let unmatched = bytes(",\"unmatched\":")

        static let applied = bytes("{\"applied\":")
        static let appliedRanges = bytes(",\"applied_ranges\":")
        static let effective = bytes(",\"effective\":")
        static let highWatermark = bytes(",\"high_watermark\":")
        static let mark = bytes(",\"mark\":")
        static let partition = bytes(",\"partition\":")
        static let queued = bytes(",\"queued\":")

        static let fingerprint = bytes("{\"fingerprint\":")

        static let appliedAt = bytes("{\"applied_at\":")
        static let bytesOfPurge = bytes(",\"bytes\":")
        static let near = bytes(",\"near\":")
        static let offset = bytes(",\"offset\":")
        static let removed = bytes(",\"removed\":")
        static let took = bytes(",\"took_us\":")

        private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
    }

    private var json: PlainJSONReader

    private init(_ bytes: [UInt8]) {
        json = PlainJSONReader(bytes)
    }

    /// The acknowledgement, or nil when the parser has to look.
    static func scan(_ bytes: [UInt8]) -> Acknowledgement? {
        var scanner = AcknowledgementScanner(bytes)
        return try? scanner.acknowledgement()
    }

    // MARK: The parts, in the order of their sorted names

    private mutating func acknowledgement() throws(Unusual) -> Acknowledgement {
        try json.expect(Field.agent)
        let agent = try json.string()
        try json.expect(Field.cache)
        let cache = try json.string()
        try json.expect(Field.counts)
        let counts = try counts()
        let drained = json.take(Field.drained)
        try json.expect(Field.fence)
        guard let fence = FenceMode(rawValue: try json.string()) else { throw Unusual() }
        try json.expect(Field.fenceAfter)
        let fenceAfter = try json.integer()
        guard fenceAfter >= 0 else { throw Unusual() }
        try json.expect(Field.instance)
        let instance = try json.string()
        let machine = json.take(Field.machine) ? try machine() : nil
        try json.expect(Field.partitions)
        let partitions = try list(of: { (scanner) throws(Unusual) in try scanner.progress() })
        let problem = json.take(Field.problem) ? try json.string() : nil
        try json.expect(Field.recent)
        let recent = try list(of: { (scanner) throws(Unusual) in try scanner.recentPurge() })
        let region = json.take(Field.region) ? try json.string() : nil
        try json.expect(Field.sentAt)
        let sentAt = try timestamp()
        try json.expect(Field.software)
        let software = try json.string()
        try json.expect(Field.status)
        guard let status = AgentStatus(rawValue: try json.string()) else { throw Unusual() }
        let tier = json.take(Field.tier) ? try tier() : nil
        try json.expect("}")
        guard json.isAtEnd else { throw Unusual() }
        return Acknowledgement(
            agent: agent, instance: instance, machine: machine, sentAt: sentAt, software: software, region: region,
            tier: tier, cache: cache, status: status, drained: drained, fence: fence,
            fenceAfter: .milliseconds(fenceAfter),
            partitions: partitions, counts: counts,
            recent: recent, problem: problem)
    }

    private mutating func counts() throws(Unusual) -> AcknowledgementCounts {
        var counts = AcknowledgementCounts()
        counts.bytesIndexed = try integer(after: Field.bytesIndexed)
        counts.bytesRemoved = try integer(after: Field.bytesRemoved)
        counts.deadLetters = try integer(after: Field.deadLetters)
        counts.errors = try integer(after: Field.errors)
        counts.flushes = try integer(after: Field.flushes)
        counts.guardRemoved = try integer(after: Field.guardRemoved)
        counts.objectsIndexed = try integer(after: Field.objectsIndexed)
        counts.objectsRemoved = try integer(after: Field.objectsRemoved)
        counts.purges = try integer(after: Field.purges)
        counts.reclaimWaitingBytes = json.take(Field.reclaimWaitingBytes) ? try json.integer() : 0
        counts.reclaimedBytes = json.take(Field.reclaimedBytes) ? try json.integer() : 0
        counts.repaired = try integer(after: Field.repaired)
        counts.unmatched = json.take(Field.unmatched) ? try json.integer() : 0
        try json.expect("}")
        return counts
    }

    private mutating func machine() throws(Unusual) -> String {
        let machine = try json.string()
        guard HexText.isLowercase(machine, digits: Acknowledgement.machineDigits) else { throw Unusual() }
        return machine
    }

    private mutating func tier() throws(Unusual) -> AgentTier {
        var above: String?
        if json.take(Field.above) {
            above = try tierName()
            try json.expect(",")
        }
        let guardTime = try integer(after: Field.guardTime)
        try json.expect(Field.name)
        let name = try tierName()
        let waiting = try integer(after: Field.waiting)
        guard guardTime >= 0, waiting >= 0 else { throw Unusual() }
        try json.expect("}")
        return AgentTier(name: name, above: above, guardTime: .milliseconds(guardTime), waiting: Int(waiting))
    }

    private mutating func tierName() throws(Unusual) -> String {
        let name = try json.string()
        guard AgentTier.isName(name) else { throw Unusual() }
        return name
    }

    private mutating func progress() throws(Unusual) -> PartitionProgress {
        let applied = try integer(after: Field.applied)
        try json.expect(Field.appliedRanges)
        let ranges = try list(of: { (scanner) throws(Unusual) in try scanner.range() })
        let effective = json.take(Field.effective) ? try json.integer() : nil
        let highWatermark = try integer(after: Field.highWatermark)
        let mark = json.take(Field.mark) ? try mark() : nil
        let partition = try partition(after: Field.partition)
        let queued = try integer(after: Field.queued)
        try json.expect("}")
        return PartitionProgress(
            partition: partition, queued: queued, applied: applied, appliedRanges: ranges, effective: effective,
            highWatermark: highWatermark, mark: mark)
    }

    private mutating func mark() throws(Unusual) -> MessageMark {
        try json.expect(Field.fingerprint)
        guard let fingerprint = MessageMark.fingerprint(try json.string()) else { throw Unusual() }
        let offset = try integer(after: Field.offset)
        try json.expect("}")
        return MessageMark(offset: offset, fingerprint: fingerprint)
    }

    private mutating func range() throws(Unusual) -> ClosedRange<Int64> {
        try json.expect("[")
        let first = try json.integer()
        try json.expect(",")
        let last = try json.integer()
        try json.expect("]")
        guard first <= last else { throw Unusual() }
        return first...last
    }

    private mutating func recentPurge() throws(Unusual) -> RecentPurge {
        try json.expect(Field.appliedAt)
        let appliedAt = try timestamp()
        let bytes = try integer(after: Field.bytesOfPurge)
        let near = json.take(Field.near) ? try json.string() : nil
        let offset = try integer(after: Field.offset)
        let partition = try partition(after: Field.partition)
        let removed = try integer(after: Field.removed)
        let took = try integer(after: Field.took)
        try json.expect("}")
        return RecentPurge(
            partition: partition, offset: offset, removed: Int(removed), bytes: bytes, appliedAt: appliedAt,
            took: .microseconds(took), near: near)
    }

    // MARK: The values

    private mutating func integer(after field: [UInt8]) throws(Unusual) -> Int64 {
        try json.expect(field)
        return try json.integer()
    }

    private mutating func partition(after field: [UInt8]) throws(Unusual) -> Int32 {
        guard let partition = Int32(exactly: try integer(after: field)) else { throw Unusual() }
        return partition
    }

    private mutating func list<Element>(
        of element: (inout AcknowledgementScanner) throws(Unusual) -> Element
    ) throws(Unusual) -> [Element] {
        try json.expect("[")
        if json.take("]") { return [] }
        var elements: [Element] = []
        repeat { elements.append(try element(&self)) } while json.take(",")
        try json.expect("]")
        return elements
    }

    private mutating func timestamp() throws(Unusual) -> Timestamp {
        guard let timestamp = Timestamp(rfc3339: try json.characters()) else { throw Unusual() }
        return timestamp
    }
}
