import Foundation
import PurgeModel

/// Turns the body of a Cloudflare purge request into selectors of one zone.
struct CloudflarePurgeDecoder: Sendable {
    /// How much one request may name.
    let limits: PurgeLimits

    /// Reads a body; throws ``CloudflareError`` for one that is not in the form of this API, and ``PurgeRefusal``.
    ///
    /// The first thing that is wrong decides; nothing is left out silently.
    func selectors(from body: Data, in zone: Zone) throws -> Selectors {
        let request = try parse(body)
        let texts = SelectorTexts(
            urls: request.files, tags: request.tags, hosts: request.hosts, prefixes: request.prefixes,
            everything: request.everything)
        return try texts.selectors(in: zone, limits: limits)
    }

    private func parse(_ body: Data) throws(CloudflareError) -> CloudflarePurgeBody {
        do {
            return try JSONDecoder().decode(CloudflarePurgeBody.self, from: body)
        } catch let error as CloudflareError {
            throw error
        } catch {
            throw .malformed(body.isEmpty ? "it is empty" : "it cannot be parsed")
        }
    }
}
