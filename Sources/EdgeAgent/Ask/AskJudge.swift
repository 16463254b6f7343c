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
    /// Whether an access log tells what is new.
    private let hasLog: Bool

    /// Variants and slices that one question may mark.
    private static let siblingsMax = 256
    /// Looks at a place at which something new has just landed each time.
    private static let looksMax = 3

    init(
        _ standing: StandingPurges, caches: CacheSet, index: Index, clock: any AgentClock, hasLog: Bool,
        isFenced: @escaping @Sendable () -> Bool, isScanning: @escaping @Sendable () -> Bool
    ) {
        self.standing = standing
        self.caches = caches
        self.index = index
        self.clock = clock
        self.hasLog = hasLog
        self.isFenced = isFenced
        self.isScanning = isScanning
    }

    /// What is found out about one question.
    private struct Findings {
        var isMarked = false
        var stale: AskAnswer.Reason?
        /// Whether there is a file, of an object that lives or was marked deleted.
        var hasFile = false
        /// The caches that have none.
        var without: [any CacheFileFormat] = []
        /// The object of the key itself that is marked deleted, by its generation.
        var deleted: UInt64?
        /// Whether the key has an object that lives.
        var isLive = false
        /// When something landed that the access log will tell of.
        var unproven: Int64?
        var buffer: [UInt8] = []

        /// What follows from all this.
        var verdict: AskVerdict {
            if let stale {
                let landed = stale == .unproven ? unproven : nil
                return AskVerdict(
                    answer: .stale(stale), keepsFile: stale.keepsFile && hasFile,
                    expects: landed.map { .proof(landed: $0) })
            }
            // Of several caches nginx may mean any.
            let deleted = isLive ? nil : deleted
            return AskVerdict(
                answer: isMarked ? .marked : .serve, expects: deleted.map { .response(deleted: $0) })
        }
    }

    /// - Parameter buffer: scratch space that a caller keeps for the next call.
    func verdict(_ question: AskQuestion, buffer: inout [UInt8]) -> AskVerdict {
        if isFenced() { return AskVerdict(answer: .stale(.fenced)) }
        if standing.isUncertain { return AskVerdict(answer: .stale(.unsure)) }
        let newest = standing.newest
        guard !question.cacheKey.isEmpty else {
            return AskVerdict(answer: newest == nil ? .serve : .stale(.noKey))
        }
        guard let formats = formats(question) else {
            return AskVerdict(answer: newest == nil ? .serve : .stale(.unsure))
        }
        guard !formats.isEmpty else { return AskVerdict(answer: newest == nil ? .serve : .stale(.noKey)) }
        var findings = Findings()
        // Two owners would copy it.
        swap(&findings.buffer, &buffer)
        defer { swap(&findings.buffer, &buffer) }
        for format in formats {
            let hadFile = findings.hasFile
            findings.hasFile = false
            defer { findings.hasFile = findings.hasFile || hadFile }
            for place in format.places(of: question.cacheKey, isKnown: !isScanning()) {
                guard let newest else {
                    // A purge that was applied just now may have left it deleted.
                    _ = try? found(place, format, &findings)
                    continue
                }
                look(place, format, question, newest, &findings)
                if findings.stale != nil { return findings.verdict }
            }
            if !findings.hasFile { findings.without.append(format) }
        }
        guard newest != nil else {
            findings.stale = nil
            return findings.verdict
        }
        if !findings.without.isEmpty { look(forFilesOf: question, &findings) }
        return findings.verdict
    }

    /// The caches that nginx may mean; nil: one of them is not open.
    private func formats(_ question: AskQuestion) -> [any CacheFileFormat]? {
        let open = caches.formats
        guard !question.cache.isEmpty else { return open.count == caches.numbers.count ? open : nil }
        let named = open.filter { $0.path.utf8.elementsEqual(question.cache) }
        return named.isEmpty && open.count < caches.numbers.count ? nil : named
    }

    /// Brings one place in line with the purges, and the variants and slices that belong to it.
    private func look(
        _ place: ObjectKey, _ format: any CacheFileFormat, _ question: AskQuestion, _ newest: UInt64,
        _ findings: inout Findings
    ) {
        do {
            guard case .object(var object, let facts) = try found(place, format, &findings) else { return }
            // Whatever has landed since is newer, or the guards' business.
            if !standing.keepsGuards, !standing.fillsFromTier, standing.isMarked(place, newest) { return }
            try rename(&object, question, format)
            var naming = standing.naming(object)
            if object.hasSiblings {
                naming = try settleSiblings(of: object, naming, format, &findings)
            }
            guard let naming else { return }
            if let deleted = try settle(place, facts, naming, format, &findings) {
                (findings.deleted, findings.isLive) = (deleted, false)
            }
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
            if case .object(_, let facts) = try look(sibling.key, format, &findings) {
                try settle(sibling.key, facts, naming, format, &findings)
            }
        }
        return naming
    }

    /// What is at the place of the key itself.
    private func found(
        _ place: ObjectKey, _ format: any CacheFileFormat, _ findings: inout Findings
    ) throws -> Look {
        let look = try look(place, format, &findings)
        switch look {
        case .object: findings.isLive = true
        case .deleted(let generation): findings.deleted = generation
        case .nothing, .unknown: break
        }
        return look
    }

    private func look(
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

    /// All variants and slices of an object that are in the index; nil when they are too many, or some that are not
    /// there yet may be named.
    ///
    /// They have its URL, so that all but a tag names them where it names the object itself.
    private func siblings(of object: StoredObject, _ findings: inout Findings) throws -> [StoredObject]? {
        // Before the index is read: what is added to it meanwhile may come too late.
        let isWhole = !isScanning()
        let records = try index.records(of: object.reversedHosts, targets: object.targets, limit: Self.siblingsMax + 1)
        if !isWhole, standing.naming(object) != nil || standing.mayTag(object.reversedHosts) {
            findings.stale = .unsure
        } else if records.count > Self.siblingsMax {
            findings.stale = .crowded
        }
        guard findings.stale == nil else { return nil }
        return try records.map { try index.object($0, generation: 0) }
    }

    // MARK: One file

    /// Marks a file that a purge names, unless it is newer; returns the generation of what is deleted now.
    @discardableResult
    private func settle(
        _ place: ObjectKey, _ facts: FillFacts, _ naming: StandingPurges.Naming, _ format: any CacheFileFormat,
        _ findings: inout Findings
    ) throws -> UInt64? {
        var facts = facts
        for _ in 0..<Self.looksMax {
            guard mustMark(place, facts, naming, &findings) else { return nil }
            guard !naming.isCoarse else {
                findings.stale = .crowded
                return nil
            }
            let outcome = try format.mark(
                place, date: UInt32(clamping: facts.date), mode: naming.mode, now: clock.now.milliseconds / 1000,
                buffer: &findings.buffer
            ) { facts.generation }
            switch outcome {
            case .purged, .alreadyStale, .absent:
                guard standing.mark(place, generation: facts.generation, naming.number) else {
                    findings.stale = .crowded
                    return nil
                }
                findings.isMarked = true
                return naming.mode == .delete && outcome == .purged ? facts.generation : nil
            case .replaced:
                guard case .object(_, let newer) = try look(place, format, &findings) else { return nil }
                facts = newer
            }
        }
        findings.stale = .unproven
        return nil
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
            if standing.keepsGuards {
                findings.stale = .unproven
                if hasLog { findings.unproven = facts.changed }
            }
            return false
        }
        return true
    }

    // MARK: No file of this name

    /// Brings the slices in line that go by the names of a key which has no file, and finds out why nginx should not
    /// look for the rest.
    ///
    /// Where another cache has a file under this key nginx may mean that one: what is not certain of this one is passed
    /// over then.
    private func look(forFilesOf question: AskQuestion, _ findings: inout Findings) {
        let hadFile = findings.hasFile
        var isKnown = hadFile
        do {
            for format in findings.without {
                guard let place = format.places(of: question.cacheKey, isKnown: !isScanning()).first else { continue }
                var object = format.object(of: question.cacheKey, at: place)
                try rename(&object, question, format)
                guard !object.reversedHosts.isEmpty else { continue }
                isKnown = true
                _ = try settleSiblings(of: object, nil, format, &findings)
                if hadFile, findings.stale == .unsure { findings.stale = nil }
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
