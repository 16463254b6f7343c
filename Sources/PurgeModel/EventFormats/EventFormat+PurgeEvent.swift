extension EventFormat {
    /// Our own JSON; whatever is nothing else is taken for it.
    static let purgeEvent = EventFormat(
        name: "purge-event",
        detects: { _ in true },
        draft: { source throws(PurgeEventError) in
            let fields = source.fields
            var draft = PurgeEventDraft()
            draft.id = try fields.string("id").map(PurgeEventDraft.PurgeIDText.own)
            draft.zone = try fields.string("zone")
            // An empty scope is the same as none; it is refused later where one is needed.
            draft.scope = try fields.field("scope", as: [String].self, expected: "a list of strings") ?? []
            draft.named = try fields.field("selectors", as: WireSelectors.self, expected: "an object").map {
                .selectors($0)
            }
            draft.mode = try fields.string("mode")
            draft.acceptedAt = try fields.string("accepted_at").map { ("accepted_at", $0) }
            draft.source = try fields.string("source")
            draft.reason = try fields.string("reason")
            return .purge(draft)
        }
    )
}
