import NIOCore
import NIOPosix
import Testing

@testable import EdgePurgeCommand

struct FreePortsTests {
    @Test func `a port that was asked for and is taken is told at once`() async throws {
        let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(taken.localAddress?.port)
        let error = await #expect(throws: CommandFailure.self) { try await FreePorts.check(port, option: "--port") }
        let text = "--port \(port): cannot listen on \"127.0.0.1:\(port)\": Address already in use (errno 98)"
        #expect(error?.message.hasPrefix(text) == true, "\(error?.message ?? "")")
        try await taken.close()
        try await FreePorts.check(port, option: "--port")
    }
}
