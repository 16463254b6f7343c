import LinuxFiles
import Testing
import Threads

@Suite struct PollerTests {
    @Test func `wake from another thread ends a wait without a limit`() async throws {
        let poller = try Poller(descriptors: [])
        async let outcome = DedicatedThread.run(name: "wait") { poller.wait(timeout: nil) }
        try await DedicatedThread.run(name: "wake") { poller.wake() }
        #expect(try await outcome == Poller.Outcome(isReadable: false, wasWoken: true))
    }

    @Test func `every wake of many is followed by a wait that returns`() async throws {
        let poller = try Poller(descriptors: [])
        let rounds = 5000
        let answers = try Poller(descriptors: [])
        async let waiting: Void = DedicatedThread.run(name: "wait") {
            for _ in 0..<rounds {
                poller.wait(timeout: nil)
                answers.wake()
            }
        }
        try await DedicatedThread.run(name: "wake") {
            for _ in 0..<rounds {
                poller.wake()
                answers.wait(timeout: nil)
            }
        }
        try await waiting
    }

    @Test func `a wake before the wait counts once`() throws {
        let poller = try Poller(descriptors: [])
        poller.wake()
        poller.wake()
        #expect(poller.wait(timeout: nil).wasWoken)
        #expect(poller.wait(timeout: .zero) == Poller.Outcome(isReadable: false, wasWoken: false))
    }

    @Test(arguments: [Duration.seconds(-5), .zero, .nanoseconds(1), .milliseconds(5)])
    func `a short timeout passes without a reason`(_ timeout: Duration) throws {
        #expect(
            try Poller(descriptors: []).wait(timeout: timeout) == Poller.Outcome(isReadable: false, wasWoken: false))
    }

    @Test func `the longest timeout is no crash`() throws {
        let poller = try Poller(descriptors: [])
        poller.wake()
        #expect(poller.wait(timeout: .seconds(Int64.max)).wasWoken)
    }

    @Test(arguments: WatcherUnderTest.kinds)
    func `a change makes the watcher's descriptor readable until it is drained`(_ kind: WatcherKind) throws {
        let tree = try TemporaryTree(in: "/dev/shm")
        let watcher = try WatcherUnderTest.make(kind, [tree.path])
        let poller = try Poller(descriptors: [watcher.descriptor])
        tree.store("file")
        #expect(poller.wait(timeout: nil) == Poller.Outcome(isReadable: true, wasWoken: false))
        poller.wake()
        #expect(poller.wait(timeout: nil) == Poller.Outcome(isReadable: true, wasWoken: true))
        _ = try watcher.changes()
        // A mark covers the whole filesystem, so other tests may make a fanotify descriptor readable again.
        if kind == .inotify { #expect(!poller.wait(timeout: .zero).isReadable) }
    }
}
