import FoundationEssentials

/// A message of `purge.events` as it came: its headers, and the fields of its JSON object.
struct EventSource {
    let headers: EventHeaders
    let fields: WireFields

    /// The same without headers: what an envelope in headers carries.
    var data: EventSource { EventSource(headers: .none, fields: fields) }

    /// Reads a message with the format it has.
    func draft() throws(PurgeEventError) -> EventDraft {
        try EventFormat.of(self).draft(self)
    }

    /// Reads what a CloudEvent carries.
    func draftInEnvelope() throws(PurgeEventError) -> PurgeEventDraft {
        let format = try EventFormat.of(self)
        if let refusal = format.refusalInEnvelope { throw PurgeEventError(.unsupportedFormat, refusal) }
        guard case .purge(let draft) = try format.draft(self) else {
            throw PurgeEventError(.unsupportedFormat, "A CloudEvent carries something that is no purge.")
        }
        return draft
    }

    /// Finds the fields in JSON text, which is parsed once, and lets `read` make something of them.
    static func read<Value>(
        _ bytes: [UInt8], headers: EventHeaders, _ read: @escaping (EventSource) throws(PurgeEventError) -> Value
    ) throws(PurgeEventError) -> Value {
        let text: Data
        do throws(JSONText.Fault) {
            text = try JSONText.checked(bytes)
        } catch {
            throw PurgeEventError(error)
        }
        do {
            let reading = Reading<Value>.Configuration(headers: headers, read: read)
            return try JSONDecoder().decode(Reading<Value>.self, from: text, configuration: reading).value
        } catch let error as PurgeEventError {
            throw error
        } catch let error as DecodingError {
            throw PurgeEventError(error, expected: "an object")
        } catch {
            throw PurgeEventError(.invalidJSON, "Not valid JSON: \(error)")
        }
    }

    /// The fields live only while the library decodes; so what is made of them is made then.
    private struct Reading<Value>: DecodableWithConfiguration {
        struct Configuration {
            let headers: EventHeaders
            let read: (EventSource) throws(PurgeEventError) -> Value
        }

        let value: Value

        init(from decoder: any Decoder, configuration: Configuration) throws {
            let fields = try WireFields(decoder)
            value = try configuration.read(EventSource(headers: configuration.headers, fields: fields))
        }
    }
}
