import HTTPTypes
import Synchronization

/// Requests that are held until something happens to a purge.
///
/// Each holds a connection, so only a part of all connections may be used for that: the rest is for requests that are
/// answered at once. And nobody may have more than a part of that.
final class HeldRequests: Sendable {
    /// The place of one request.
    ///
    /// It is given back when the request is dropped, however that comes about: a client may be gone before its answer
    /// has begun.
    final class Place: Sendable {
        private let requests: HeldRequests
        private let tenant: Tenant

        fileprivate init(_ requests: HeldRequests, _ tenant: Tenant) {
            (self.requests, self.tenant) = (requests, tenant)
        }

        deinit { requests.leave(tenant) }
    }

    /// The code of the error for whoever gets no place.
    static let tooMany = "too_many_waiting"

    private let held = Mutex<(all: Int, shares: [Tenant: Int])>((0, [:]))

    /// Requests that are held now.
    var count: Int { held.withLock { $0.all } }

    /// Takes a place for one more request; refuses where all are taken, or the tenant has its share.
    ///
    /// - Parameter connectionsMax: connections there are.
    func place(for tenant: Tenant, of connectionsMax: Int) throws(APIError) -> Place {
        let placesMax = max(1, connectionsMax * 3 / 4)
        let shareMax = max(1, placesMax / 4)
        let limit: Int? = held.withLock { held in
            let share = held.shares[tenant] ?? 0
            guard share < shareMax else { return shareMax }
            guard held.all < placesMax else { return placesMax }
            held.all += 1
            held.shares[tenant] = share + 1
            return nil
        }
        if let limit {
            let whose = limit == shareMax ? " of yours" : ""
            throw APIError(
                .serviceUnavailable, Self.tooMany,
                "\(limit) requests\(whose) are waiting already; ask without wait", retryAfterSeconds: 1)
        }
        return Place(self, tenant)
    }

    private func leave(_ tenant: Tenant) {
        held.withLock { held in
            held.all -= 1
            let share = (held.shares[tenant] ?? 0) - 1
            held.shares[tenant] = share > 0 ? share : nil
        }
    }
}
