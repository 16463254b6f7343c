internal import Foundation
internal import HTTPTypes
internal import PurgeModel

/// Turns the body of `POST /v1/purges` into a purge of one zone, or into the word and sentence that say why not.
struct PurgeOrderDecoder: Sendable {
    /// Characters of a reason: a sentence or two; it travels with every event.
    static let reasonCharactersMax = 500

    let zones: ZoneTable
    let intake: PurgeIntake

    /// Reads a body; throws ``APIError``, ``AccessRefusal``, or ``CloudflareError`` about a single selector.
    func order(from body: Data, for caller: Caller) throws -> PurgeIntake.Order {
        let request = try Self.parse(body)
        let zone = try zone(request.zone, for: caller)
        let selectors = try selectors(request.selectors, in: zone)
        return PurgeIntake.Order(
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
        return text.isEmpty ? "the body" : "'\(CloudflareError.shown(text))'"
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
                "there is no zone '\(CloudflareError.shown(text))' that you may purge; GET /v1/zones lists them")
        }
        guard caller.mayPurge(zone.id) else {
            throw AccessRefusal.forbidden("the token may not purge the zone \(zone.name)")
        }
        return zone
    }

    private func selectors(_ named: PurgeOrderBody.Named, in zone: Zone) throws -> Selectors {
        let limits = intake.limits(of: zone)
        let lists = [
            ("urls", named.urls, limits.urlsPerRequest), ("tags", named.tags, limits.keysPerRequest),
            ("hosts", named.hosts, limits.keysPerRequest), ("prefixes", named.prefixes, limits.keysPerRequest),
        ]
        if named.everything == false { throw Self.bad("'selectors.everything' has to be true, or be left out") }
        let everything = named.everything ?? false
        let given = lists.filter { $0.1 != nil }
        if everything, !given.isEmpty { throw Self.bad("'selectors.everything' stands alone") }
        if !everything, given.isEmpty {
            throw Self.bad("'selectors' has to have urls, tags, hosts, prefixes or everything")
        }
        for (field, list, limit) in lists {
            guard let list else { continue }
            if list.isEmpty { throw Self.bad("'selectors.\(field)' is empty; leave it out") }
            if list.count > limit {
                throw APIError(
                    .badRequest, "too_many",
                    "'selectors.\(field)' has \(list.count) entries; at most \(limit) fit into a request")
            }
        }
        return try PurgeRequestDecoder.validated(
            urls: named.urls, tags: named.tags, hosts: named.hosts, prefixes: named.prefixes, everything: everything,
            in: zone)
    }

    private static func mode(_ text: String?) throws(APIError) -> PurgeMode {
        guard let text else { return .delete }
        guard let mode = PurgeMode(rawValue: text) else {
            throw bad("'mode' is '\(CloudflareError.shown(text))'; it has to be delete or invalidate")
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
                "'\(CloudflareError.shown(text))' is no purge id: it has 32 hexadecimal digits, drawn at random")
        }
        return id
    }
}
