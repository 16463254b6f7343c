import LinuxFiles
import NIOCore
import NIOPosix

/// Finds ports on 127.0.0.1 that nobody listens on.
enum FreePorts {
    /// Checks that nobody listens on a port that was asked for.
    ///
    /// - Parameter option: what asked for it: `--port`.
    static func check(_ port: Int, option: String) async throws(CommandFailure) {
        do {
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: "127.0.0.1", port: port).get()
            try await channel.close()
        } catch let error as IOError {
            let reason = FileError(code: error.errnoCode, operation: "listen on", path: "127.0.0.1:\(port)")
            throw CommandFailure("\(option) \(port): \(reason); give another port, or leave it out")
        } catch {
            throw CommandFailure("\(option) \(port): \(error)")
        }
    }

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
