/// A purge whose fields have been collected from wherever they stood, and not been checked.
struct PurgeEventDraft {
    var id: PurgeIDText?
    var zone: String?
    var scope: [String] = []
    var named: Named?
    var mode: String?
    var acceptedAt: (field: String, text: String)?
    var source: String?
    var reason: String?

    /// What it names.
    enum Named {
        case selectors(WireSelectors)
        /// One URL, and the field it stood in.
        case url(String, field: String)
    }

    /// An id of ours, or one to be derived.
    enum PurgeIDText {
        case own(String)
        case foreign(String, source: String)
    }

    /// Nothing yet.
    init() {}

    /// Checks all fields and makes the event.
    ///
    /// `key` is the Kafka key, the zone where none is given.
    func event(key: [UInt8]?) throws(PurgeEventError) -> PurgeEvent {
        let selectors = try checkedSelectors()
        let scope = try checkedScope()
        do throws(SelectorError) {
            try selectors.validate(in: scope)
        } catch {
            throw PurgeEventError(error, field: "selectors")
        }
        guard let mode = PurgeMode(rawValue: self.mode ?? PurgeMode.delete.rawValue) else {
            throw PurgeEventError(
                .invalidField, "mode is \(QuotedValue(self.mode ?? "")); it must be delete or invalidate.")
        }
        return PurgeEvent(
            id: try checkedID(), zone: try checkedZone(selectors, key: key), scope: scope, selectors: selectors,
            mode: mode,
            acceptedAt: try checkedTime(), source: source ?? "kafka", reason: reason)
    }

    func checkedID() throws(PurgeEventError) -> PurgeID {
        switch id {
        case nil:
            throw PurgeEventError(.missingField, "id is missing; it must be 32 hexadecimal digits, or a UUID.")
        case .own(let text):
            guard let id = PurgeID(anyForm: text) else {
                throw PurgeEventError(
                    .invalidField, "id is \(QuotedValue(text)); it must be 32 hexadecimal digits, or a UUID.")
            }
            return id
        case .foreign(let text, let source):
            guard !text.isEmpty else { throw PurgeEventError(.invalidField, "id is empty.") }
            return PurgeID(derivedFrom: text, source: source)
        }
    }

    private func checkedZone(_ selectors: Selectors, key: [UInt8]?) throws(PurgeEventError) -> String {
        // Who names one URL in a format of others knows no zone; its host is the nearest thing, and the Kafka key means
        // something else.
        let fallback: String? =
            switch named {
            case .url: selectors.urls.first?.host.name
            case .selectors, nil: try Self.zone(fromKey: key)
            }
        guard let zone = zone ?? fallback else {
            throw PurgeEventError(.missingField, "zone is missing, and the Kafka key is empty.")
        }
        let isPrintable = zone.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
        guard !zone.isEmpty, zone.utf8.count <= Limits.zoneBytesMax, isPrintable else {
            throw PurgeEventError(
                .invalidField,
                "zone is \(QuotedValue(zone)); it must have 1 to \(Limits.zoneBytesMax) bytes, no control characters."
            )
        }
        return zone
    }

    private static func zone(fromKey key: [UInt8]?) throws(PurgeEventError) -> String? {
        guard let key, !key.isEmpty else { return nil }
        guard let zone = String(validating: key, as: UTF8.self) else {
            throw PurgeEventError(.missingField, "zone is missing, and the Kafka key is not UTF-8.")
        }
        return zone
    }

    func checkedTime() throws(PurgeEventError) -> Timestamp {
        guard let (field, text) = acceptedAt else {
            throw PurgeEventError(
                .missingField, "accepted_at is missing; it must be a time such as 2026-11-21T09:30:00.000Z.")
        }
        guard let time = Timestamp(rfc3339: text) else {
            throw PurgeEventError(
                .invalidField,
                "\(field) is \(QuotedValue(text)); it must be an RFC 3339 time such as 2026-11-21T09:30:00.000Z.")
        }
        return time
    }

    private func checkedScope() throws(PurgeEventError) -> Scope {
        Scope(try Self.map(scope, field: "scope") { text throws(SelectorError) in try HostPattern(validating: text) })
    }

    private func checkedSelectors() throws(PurgeEventError) -> Selectors {
        let wire: WireSelectors
        switch named {
        case nil:
            throw PurgeEventError(.missingField, "selectors is missing; it names what to purge.")
        case .url(let text, let field):
            do throws(SelectorError) {
                return Selectors(urls: [try PurgeURL(validating: text)])
            } catch {
                throw PurgeEventError(error, field: field)
            }
        case .selectors(let selectors):
            wire = selectors
        }
        let selectors = Selectors(
            urls: try Self.map(wire.urls, field: "selectors.urls") { text throws(SelectorError) in
                try PurgeURL(validating: text)
            },
            tags: try Self.map(wire.tags, field: "selectors.tags") { text throws(SelectorError) in
                try CacheTag(validating: text)
            },
            hosts: try Self.map(wire.hosts, field: "selectors.hosts") { text throws(SelectorError) in
                try HostName(validating: text)
            },
            prefixes: try Self.map(wire.prefixes, field: "selectors.prefixes") { text throws(SelectorError) in
                try PathPrefix(validating: text)
            },
            everything: wire.everything ?? false)
        if wire.everything == false, selectors.keyCount == 0 {
            throw PurgeEventError(
                .everythingNotTrue, "selectors.everything is false and nothing else is named; it must be true.")
        }
        return selectors
    }

    private static func map<Value>(
        _ texts: [String], field: String, _ make: (String) throws(SelectorError) -> Value
    ) throws(PurgeEventError) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(texts.count)
        for (index, text) in texts.enumerated() {
            do throws(SelectorError) {
                values.append(try make(text))
            } catch {
                throw PurgeEventError(error, field: "\(field)[\(index)]")
            }
        }
        return values
    }
}
