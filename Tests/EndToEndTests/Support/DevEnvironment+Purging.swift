import NIOHTTP1
import TestSupport
import Testing

/// Purges, and what is told of them.
extension DevEnvironment {
    /// Sends a purge without waiting; returns its id.
    func accept(_ body: String, invalidate: Bool = false) async throws -> String {
        let route = invalidate ? "invalidate_cache" : "purge_cache"
        let answer = try await web.json(.POST, "\(ready.control)/client/v4/zones/\(ready.zone)/\(route)", body)
        #expect(answer.status == 200, "\(answer.value)")
        return try answer.value["result"]["id"].text.required
    }

    /// Purges through the API and waits until all caches have confirmed; returns the purge as it is told then.
    @discardableResult
    func purge(_ body: String, invalidate: Bool = false) async throws -> JSONValue {
        try await confirmed(try await accept(body, invalidate: invalidate))
    }

    /// Waits until a purge is confirmed; returns it as it is told then.
    func confirmed(_ id: String) async throws -> JSONValue {
        let purge = try await web.json(.GET, "\(ready.control)/v1/purges/\(id)?wait=60s").value
        #expect(purge["state"].text == "confirmed", "\(purge)")
        return purge
    }

    /// Waits until the collector has read a purge that was produced straight to Kafka.
    func collectorKnows(_ id: String) async throws {
        try await eventually("the collector knows the purge \(id)") {
            try await web.json(.GET, "\(ready.control)/v1/purges/\(id)").status == 200
        }
    }

    /// Waits until all purges are confirmed that the control plane knows.
    func nothingIsPending() async throws {
        try await eventually("no purge is pending") {
            try await web.json(.GET, "\(ready.control)/v1/purges?state=pending&limit=1").value["purges"].items.isEmpty
        }
    }
}
