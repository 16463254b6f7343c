import FoundationEssentials

extension EventFormat {
    /// CloudEvents 1.0 with the attributes in Kafka headers, and the data as the value.
    static let cloudEventBinary = EventFormat(
        name: "cloudevent-binary",
        detects: { source in
            source.headers.text("ce_specversion") != nil && !source.headers.isStructured
        },
        draft: { source throws(PurgeEventError) in
            let attributes = CloudEventAttributes(source.headers)
            try attributes.checkVersion()
            return .purge(try source.data.draftInEnvelope().filled(from: attributes))
        }
    )

    /// CloudEvents 1.0 as one JSON object, known by its header or by its `specversion`.
    static let cloudEventStructured = EventFormat(
        name: "cloudevent-structured",
        refusalInEnvelope: "A CloudEvent is wrapped in another one; send one envelope.",
        detects: { source in
            source.fields.has("specversion") || source.headers.isStructured
        },
        draft: { source throws(PurgeEventError) in
            guard source.fields.has("specversion") else {
                throw PurgeEventError(
                    .missingField, "specversion is missing, and content-type says that this is a CloudEvent.")
            }
            let attributes = try CloudEventAttributes(source.fields)
            try attributes.checkVersion()
            return .purge(try data(of: source.fields).filled(from: attributes))
        }
    )

    /// The purge in `data`, or in `data_base64`.
    private static func data(of envelope: WireFields) throws(PurgeEventError) -> PurgeEventDraft {
        let base64 = try envelope.string("data_base64")
        if let fields = try envelope.object("data", expected: "an object") {
            return try EventSource(headers: .none, fields: fields).draftInEnvelope()
        }
        guard let base64 else {
            throw PurgeEventError(.missingField, "data is missing: the CloudEvent carries no purge.")
        }
        guard let bytes = Data(base64Encoded: base64) else {
            throw PurgeEventError(.invalidField, "data_base64 is not Base64.")
        }
        return try EventSource.read(Array(bytes), headers: .none) { source throws(PurgeEventError) in
            try source.draftInEnvelope()
        }
    }
}
