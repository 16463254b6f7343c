import Foundation
import HTTPTypes
import PurgeModel

/// Turns the body of `POST /v1/purges` into a purge of one zone, or into the word and sentence that say why not.
struct PurgeOrderDecoder: Sendable {
    /// Characters of a reason: a sentence or two; it travels with every event.
    static let reasonCharactersMax = 500

    let zones: ZoneTable
    let acceptor: PurgeAcceptor

    /// Reads a body; throws ``APIError``, ``AccessRefusal`` or ``PurgeRefusal``.
    func order(from body: Data, for caller: Caller) throws -> PurgeOrder {
        let request = try Self.parse(body)
        let zone = try zone(request.zone, for: caller)
        let selectors = try selectors(request.selectors, in: zone)
        return PurgeOrder(
            selectors: selectors, zone: zone, mode: try Self.mode(request.mode),
            reason: try Self.reason(request.reason),
            id: try Self.id(request.id))
    }

    private static func parse(_ body: Data) throws(APIError) -> PurgeOrderBody {
        do {
            return try JSONDecoder().decode(PurgeOrderBody.self, from: body)
        } catch DecodingError.keyNotFound(let key, let context) {
            throw bad("\(place(context.codingPath + [key])) is missing")
        } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
            throw bad("\(place(context.codingPath)) has the wrong type")
        } catch DecodingError.dataCorrupted(let context) where !isSyntax(context) {
            throw bad(context.debugDescription)
        } catch {
            throw bad(body.isEmpty ? "the body is empty; it has to be JSON" : "the body is not JSON")
        }
    }

    /// Whether the body is no JSON at all.
    private static func isSyntax(_ context: DecodingError.Context) -> Bool {
        context.underlyingError != nil || !context.debugDescription.hasPrefix("the field")
    }

    private static func place(_ path: [any CodingKey]) -> String {
        let text = path.reduce(into: "") { text, key in
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return text.isEmpty ? "the body" : "'\(text.quotable)'"
    }

    private static func bad(_ message: String) -> APIError {
        APIError(.badRequest, "bad_request", message)
    }

    private func zone(_ text: String, for caller: Caller) throws -> Zone {
        let named = zones.zones.filter { $0.name.lowercased() == text.lowercased() }
        guard let zone = zones.zone(id: text) ?? (named.count == 1 ? named[0] : nil),
            caller.mayPurge(zone.id) || caller.maySee(zone.id)
        else {
            throw APIError(
                .notFound, "unknown_zone",
                "there is no zone '\(text.quotable)' that you may purge; GET /v1/zones lists them")
        }
        guard caller.mayPurge(zone.id) else {
            throw AccessRefusal.forbidden("the token may not purge the zone \(zone.name)")
        }
        return zone
    }

    private func selectors(_ named: PurgeOrderBody.Named, in zone: Zone) throws -> Selectors {
        if named.everything == false { throw Self.bad("'selectors.everything' has to be true, or be left out") }
        let texts = SelectorTexts(
            urls: named.urls, tags: named.tags, hosts: named.hosts, prefixes: named.prefixes,
            everything: named.everything ?? false)
        return try texts.selectors(in: zone, limits: acceptor.limits(of: zone))
    }

    private static func mode(_ text: String?) throws(APIError) -> PurgeMode {
        guard let text else { return .delete }
        guard let mode = PurgeMode(rawValue: text) else {
            throw bad("'mode' is '\(text.quotable)'; it has to be delete or invalidate")
        }
        return mode
    }

    private static func reason(_ text: String?) throws(APIError) -> String? {
        guard let text else { return nil }
        guard text.count <= reasonCharactersMax,
            text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
        else { throw bad("'reason' has to be at most \(reasonCharactersMax) characters, without control characters") }
        return text.isEmpty ? nil : text
    }

    private static func id(_ text: String?) throws(APIError) -> PurgeID? {
        guard let text else { return nil }
        guard let id = PurgeID(text.lowercased()) else {
            throw APIError(
                .badRequest, "bad_id",
                "'\(text.quotable)' is no purge id: it has 32 hexadecimal digits, drawn at random")
        }
        return id
    }
}
