import LinuxFiles
import PurgeModel

/// Answers whether what nginx has in its cache may be served, from memory and a look at the files of one cache key.
///
/// What a purge names that is not applied yet is marked right here, so that nginx does with it what it does with any
/// deleted or stale object. The index is left alone: the purge finds the object marked, and takes it out. It never
/// waits for Kafka or for the worker; what it cannot tell is stale.
struct AskJudge: Sendable {
    private let standing: StandingPurges
    private let caches: CacheSet
    private let index: Index
    private let clock: any AgentClock
    /// Whether the machine is out of service.
    private let isFenced: @Sendable () -> Bool
    /// Whether the index does not have all objects yet.
    private let isScanning: @Sendable () -> Bool

    /// Variants and slices that one question may mark.
    private static let siblingsMax = 256
    /// Looks at a place at which something new has just landed each time.
    private static let looksMax = 3

    init(
        _ standing: StandingPurges, caches: CacheSet, index: Index, clock: any AgentClock,
        isFenced: @escaping @Sendable () -> Bool, isScanning: @escaping @Sendable () -> Bool
    ) {
        self.standing = standing
        self.caches = caches
        self.index = index
        self.clock = clock
        self.isFenced = isFenced
        self.isScanning = isScanning
    }

    /// What is found out about one question.
    private struct Findings {
        var isMarked = false
        var stale: AskAnswer.Reason?
        /// Whether there is a file, of an object that lives or was marked deleted.
        var hasFile = false
        var buffer: [UInt8] = []
    }

    /// - Parameter buffer: scratch space that a caller keeps for the next call.
    func answer(_ question: AskQuestion, buffer: inout [UInt8]) -> AskAnswer {
        if isFenced() { return .stale(.fenced) }
        if standing.isUncertain { return .stale(.unsure) }
        guard let newest = standing.newest else { return .serve }
        guard !question.cacheKey.isEmpty else { return .stale(.noKey) }
        let formats = caches.formats
        guard formats.count == caches.numbers.count else { return .stale(.unsure) }
        var findings = Findings()
        // Two owners would copy it.
        swap(&findings.buffer, &buffer)
        defer { swap(&findings.buffer, &buffer) }
        for format in formats {
            for place in format.places(of: question.cacheKey, isKnown: !isScanning()) {
                look(place, format, question, newest, &findings)
                if let stale = findings.stale { return .stale(stale) }
            }
        }
        if !findings.hasFile { look(forFilesOf: question, formats, &findings) }
        if let stale = findings.stale { return .stale(stale) }
        return findings.isMarked ? .marked : .serve
    }

    /// Brings one place in line with the purges, and the variants and slices that belong to it.
    private func look(
        _ place: ObjectKey, _ format: any CacheFileFormat, _ question: AskQuestion, _ newest: UInt64,
        _ findings: inout Findings
    ) {
        // Whatever has landed since is newer, or the guards' business.
        if !standing.keepsGuards, !standing.fillsFromTier, standing.isMarked(place, newest) {
            findings.hasFile = true
            return
        }
        do {
            guard case .object(var object, let facts) = try found(place, format, &findings) else { return }
            try rename(&object, question, format)
            var naming = standing.naming(object)
            if object.hasSiblings {
                naming = try settleSiblings(of: object, naming, format, &findings)
            }
            guard let naming else { return }
            try settle(place, facts, naming, format, &findings)
        } catch {
            findings.stale = .unreadable
        }
    }

    /// Brings the variants and slices of an object in line; returns what is said of all of them, since a purge by tag
    /// takes all of which one has the tag.
    private func settleSiblings(
        of object: StoredObject, _ own: StandingPurges.Naming?, _ format: any CacheFileFormat,
        _ findings: inout Findings
    ) throws -> StandingPurges.Naming? {
        guard let siblings = try siblings(of: object, &findings) else { return nil }
        let namings = siblings.compactMap { standing.naming($0) } + (own.map { [$0] } ?? [])
        guard let naming = namings.max(by: { $0.number < $1.number }) else { return nil }
        for sibling in siblings where sibling.key != object.key && sibling.key.cache == format.number {
            if case .object(_, let facts) = try found(sibling.key, format, &findings) {
                try settle(sibling.key, facts, naming, format, &findings)
            }
        }
        return naming
    }

    private func found(
        _ place: ObjectKey, _ format: any CacheFileFormat, _ findings: inout Findings
    ) throws -> Look {
        let look = try format.look(place, buffer: &findings.buffer)
        switch look {
        case .object, .deleted: findings.hasFile = true
        case .nothing: break
        case .unknown: findings.stale = .unreadable
        }
        return look
    }

    /// All variants and slices of an object that are in the index; nil when they are too many, or not known yet.
    private func siblings(of object: StoredObject, _ findings: inout Findings) throws -> [StoredObject]? {
        let records = try index.records(of: object.reversedHosts, targets: object.targets, limit: Self.siblingsMax + 1)
        if isScanning() {
            findings.stale = .unsure
        } else if records.count > Self.siblingsMax {
            findings.stale = .crowded
        }
        guard findings.stale == nil else { return nil }
        return try records.map { try index.object($0, generation: 0) }
    }

    // MARK: One file

    /// Marks a file that a purge names, unless it is newer.
    private func settle(
        _ place: ObjectKey, _ facts: FillFacts, _ naming: StandingPurges.Naming, _ format: any CacheFileFormat,
        _ findings: inout Findings
    ) throws {
        var facts = facts
        for _ in 0..<Self.looksMax {
            guard mustMark(place, facts, naming, &findings) else { return }
            guard !naming.isCoarse else { return findings.stale = .crowded }
            let outcome = try format.mark(
                place, date: UInt32(clamping: facts.date), mode: naming.mode, now: clock.now.milliseconds / 1000,
                buffer: &findings.buffer
            ) { facts.generation }
            switch outcome {
            case .purged, .alreadyStale, .absent:
                guard standing.mark(place, generation: facts.generation, naming.number) else {
                    return findings.stale = .crowded
                }
                findings.isMarked = true
                return
            case .replaced:
                guard case .object(_, let newer) = try found(place, format, &findings) else { return }
                facts = newer
            }
        }
        findings.stale = .unproven
    }

    /// Whether a file has to be marked; where that would not help, the answer is stale.
    private func mustMark(
        _ place: ObjectKey, _ facts: FillFacts, _ naming: StandingPurges.Naming, _ findings: inout Findings
    ) -> Bool {
        // nginx asks the origin before it serves this.
        if naming.mode == .invalidate, facts.validUntil < clock.now.milliseconds / 1000 { return false }
        if facts.hadNoHead(by: naming.span.until) || standing.isProven(place, facts, naming.number) { return false }
        // Nobody has told of a 304; its date is later than the file's birth.
        let isRefreshed = facts.date * 1000 > facts.born + 1000
        if facts.hadHead(by: naming.span.reference, isRefreshed: isRefreshed) { return true }
        if naming.span.waitsForTier {
            findings.stale = .tier
            return false
        }
        if standing.isMarked(place, naming.number) || naming.isApplied {
            // It may be a fill that began before the purge: the guards find out. Until then nobody gets it, where
            // nginx asks that long.
            if standing.keepsGuards { findings.stale = .unproven }
            return false
        }
        return true
    }

    // MARK: No file of this name

    /// Brings the slices in line that go by the names of a key which has no file, and finds out why nginx should not
    /// look for the rest.
    private func look(
        forFilesOf question: AskQuestion, _ formats: [any CacheFileFormat], _ findings: inout Findings
    ) {
        var isKnown = false
        do {
            for format in formats {
                guard let place = format.places(of: question.cacheKey, isKnown: !isScanning()).first else { continue }
                var object = format.object(of: question.cacheKey, at: place)
                try rename(&object, question, format)
                guard !object.reversedHosts.isEmpty else { continue }
                isKnown = true
                _ = try settleSiblings(of: object, nil, format, &findings)
                // nginx may have an error in memory, and a purge names it: by URL, host, prefix or all, for nobody
                // knows its tags.
                if standing.keepsGuards, standing.naming(object) != nil, !findings.hasFile { findings.stale = .unseen }
            }
        } catch {
            findings.stale = .unreadable
        }
        // A key that no cache has is hardly the one that nginx is about to look for.
        if !isKnown { findings.stale = .noKey }
    }

    /// Where keys are learnt, an object has the names that the index knows, and those of the request.
    private func rename(
        _ object: inout StoredObject, _ question: AskQuestion, _ format: any CacheFileFormat
    ) throws {
        guard let name = format.name(of: question.fetch) else { return }
        let known = try index.entry(object.key).flatMap { try index.records([$0.object]).first }
            .map { try index.object($0.record, generation: 0) }
        if object.reversedHosts.isEmpty { object.targets = [] }
        object.reversedHosts += [name.reversedHost] + (known?.reversedHosts ?? [])
        object.targets += [name.target] + (known?.targets ?? [])
    }
}
