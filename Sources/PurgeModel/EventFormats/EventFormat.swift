/// One form that a message of `purge.events` may have.
///
/// A new one is a file with a value of this type, a line in ``all``, its schema `docs/schemas/NAME.schema.json`, and
/// its golden file `NAME.json`.
package struct EventFormat: Sendable {
    /// What its schema and its golden file are named after.
    package let name: String

    /// Why a CloudEvent cannot carry it, for people; nil when it can.
    let refusalInEnvelope: String?

    /// Whether a message has this form; it looks no further than that takes.
    let detects: @Sendable (EventSource) throws(PurgeEventError) -> Bool

    /// Collects the fields of a message that has this form; it checks their types, and of their values what is no field
    /// of a purge.
    let draft: @Sendable (EventSource) throws(PurgeEventError) -> EventDraft

    init(
        name: String, refusalInEnvelope: String? = nil,
        detects: @escaping @Sendable (EventSource) throws(PurgeEventError) -> Bool,
        draft: @escaping @Sendable (EventSource) throws(PurgeEventError) -> EventDraft
    ) {
        self.name = name
        self.refusalInEnvelope = refusalInEnvelope
        self.detects = detects
        self.draft = draft
    }

    /// Every form, in the order in which they are tried.
    ///
    /// The last one takes whatever the others leave.
    package static let all = [cloudEventBinary, cloudEventStructured, resourceChange, agentOrder, purgeEvent]

    /// The form of a message.
    static func of(_ source: EventSource) throws(PurgeEventError) -> EventFormat {
        for format in all where try format.detects(source) { return format }
        return purgeEvent
    }
}
