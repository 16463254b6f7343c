/// The attributes of a CloudEvent that say something about a purge.
struct CloudEventAttributes {
    let specversion: String?
    let id: String?
    let source: String?
    let time: String?
    let subject: String?

    /// From the headers of binary mode.
    init(_ headers: EventHeaders) {
        specversion = headers.text("ce_specversion")
        id = headers.text("ce_id")
        source = headers.text("ce_source")
        time = headers.text("ce_time")
        subject = headers.text("ce_subject")
    }

    /// From the object of structured mode.
    init(_ fields: WireFields) throws(PurgeEventError) {
        specversion = try fields.string("specversion")
        id = try fields.string("id")
        source = try fields.string("source")
        time = try fields.string("time")
        subject = try fields.string("subject")
    }

    /// Refuses another version than 1.0.
    func checkVersion() throws(PurgeEventError) {
        guard let specversion else { throw PurgeEventError(.missingField, "specversion is missing.") }
        guard specversion == "1.0" || specversion.hasPrefix("1.0.") else {
            throw PurgeEventError(.unsupportedFormat, "specversion is \(QuotedValue(specversion)); 1.0 is understood.")
        }
    }
}

extension PurgeEventDraft {
    /// Takes from the envelope what the data lacks.
    func filled(from attributes: CloudEventAttributes) -> PurgeEventDraft {
        var draft = self
        draft.id = id ?? attributes.id.map { .foreign($0, source: attributes.source ?? "") }
        draft.zone = zone ?? attributes.subject
        draft.acceptedAt = acceptedAt ?? attributes.time.map { ("time", $0) }
        draft.source = source ?? attributes.source
        return draft
    }
}
