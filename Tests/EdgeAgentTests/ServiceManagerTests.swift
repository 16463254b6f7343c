import Logging
import TestSupport
import Testing

@testable import EdgeAgent

@Suite struct ServiceManagerTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func manager(_ environment: [String: String]) -> ServiceManager {
        ServiceManager(environment: environment, processID: 7, logger: logger)
    }

    @Test(arguments: [true, false])
    func `systemd is told what changes, and the watchdog is fed while all goes on`(isAbstract: Bool) throws {
        let directory = try TemporaryDirectory()
        let address = isAbstract ? "@\(directory.path)" : directory.path + "/notify"
        let receiver = try DatagramReceiver(address: address)
        let manager = manager(["NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "7"])
        #expect(manager.watchdog == .seconds(3))
        let start = ContinuousClock.now
        func tell(_ seconds: Double, isReady: Bool = false, isAlive: Bool = true, _ status: String) {
            manager.tell(isReady: isReady, isAlive: isAlive, status: status, now: start + .seconds(seconds))
        }
        tell(0, "starting")
        #expect(receiver.next() == "STATUS=starting\nWATCHDOG=1")
        tell(0.5, "starting")
        #expect(receiver.next() == nil)
        tell(1.1, isReady: true, "live\nand well")
        #expect(receiver.next() == "READY=1\nSTATUS=live and well\nWATCHDOG=1")
        tell(60, isReady: true, isAlive: false, "live\nand well")
        #expect(receiver.next() == nil, "a hanging worker is left to the watchdog")
        tell(61, isReady: true, "live\nand well")
        #expect(receiver.next() == "WATCHDOG=1", "READY is said once")
        manager.stopping()
        #expect(receiver.next() == "STOPPING=1")
    }

    @Test func `without systemd, or for another process, nothing is fed`() throws {
        #expect(manager([:]).watchdog == nil)
        #expect(manager(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "8"]).watchdog == nil)
        for text in ["", "-1", "0", "x", "99999999999999999999"] {
            #expect(manager(["WATCHDOG_USEC": text]).watchdog == nil, "\(text)")
        }
        // Nobody listens there; nothing happens.
        manager(["NOTIFY_SOCKET": "/nowhere"]).tell(isReady: true, isAlive: true, status: "live", now: .now)
        manager(["NOTIFY_SOCKET": String(repeating: "x", count: 500)]).stopping()
    }
}
