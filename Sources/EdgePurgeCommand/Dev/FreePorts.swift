import NIOCore
import NIOPosix

/// Finds ports on 127.0.0.1 that nobody listens on.
enum FreePorts {
    /// `count` different ports that were free a moment ago: all are bound at once, then released.
    ///
    /// Whoever uses one must be ready to find it taken, and try another.
    static func find(_ count: Int) async throws -> [Int] {
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        var channels: [any Channel] = []
        do {
            for _ in 0..<count { channels.append(try await bootstrap.bind(host: "127.0.0.1", port: 0).get()) }
        } catch {
            for channel in channels { try? await channel.close() }
            throw CommandFailure("no free port on 127.0.0.1: \(error)")
        }
        let ports = channels.compactMap { $0.localAddress?.port }
        for channel in channels { try await channel.close() }
        return ports
    }
}
