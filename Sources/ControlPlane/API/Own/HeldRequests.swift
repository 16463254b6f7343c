import HTTPTypes
import Synchronization

/// Requests that are held until something happens to a purge.
///
/// Each holds a connection, so only a part of all connections may be used for that: the rest is for requests that are
/// answered at once.
final class HeldRequests: Sendable {
    /// The place of one request.
    ///
    /// It is given back when the request is dropped, however that comes about: a client may be gone before its answer
    /// has begun.
    final class Place: Sendable {
        private let requests: HeldRequests

        fileprivate init(_ requests: HeldRequests) {
            self.requests = requests
        }

        deinit {
            requests.held.withLock { $0 -= 1 }
        }
    }

    private let held = Mutex(0)

    /// Requests that are held now.
    var count: Int { held.withLock { $0 } }

    /// Takes a place for one more request; refuses where `limit` are held already.
    func place(limit: Int) throws(APIError) -> Place {
        let isFree = held.withLock { held in
            guard held < limit else { return false }
            held += 1
            return true
        }
        guard isFree else {
            throw APIError(
                .serviceUnavailable, "too_many_waiting", "\(limit) requests are waiting already; ask without wait",
                retryAfterSeconds: 1)
        }
        return Place(self)
    }
}
