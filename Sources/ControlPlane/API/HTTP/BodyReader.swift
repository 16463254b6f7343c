import Foundation
import NIOCore
import Threads

/// Makes sense of bodies: of small ones at once, of large ones in turns.
///
/// Parsing one of a megabyte takes up to a tenth of a second; whoever sends many of them waits for themselves.
struct BodyReader: Sendable {
    /// Bytes of a body that is read at once: a few milliseconds.
    private static let smallMax = 64 << 10

    private let turns = TurnQueue<Tenant>(name: "edge-purge.bodies", width: 1, waitingMax: 16)

    /// What `read` makes of a body; throws what it throws, and `TurnQueue.Full`.
    func read<R: Sendable>(
        _ body: ByteBuffer, for tenant: Tenant, _ read: @escaping @Sendable (Data) throws -> R
    ) async throws -> R {
        let data = Data(body.readableBytesView)
        return data.count <= Self.smallMax ? try read(data) : try await turns.run(for: tenant) { try read(data) }
    }
}
