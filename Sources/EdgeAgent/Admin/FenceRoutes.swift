import Hummingbird
import LinuxFiles
import PurgeModel
import Threads

/// `POST /v1/fence`, `/v1/unfence`, `/v1/drain`, `/v1/resume`: what a person on the machine does with the fence.
struct FenceRoutes: Sendable {
    let fence: Fence

    /// Adds the routes.
    func add(to router: Router<BasicRequestContext>) {
        add("fence", to: router) { try $0.hold() }
        add("unfence", to: router) { try $0.unhold() }
        add("drain", to: router) { try $0.drain() }
        add("resume", to: router) { try $0.resume() }
    }

    private func add(
        _ name: RouterPath, to router: Router<BasicRequestContext>, _ body: @escaping @Sendable (Fence) throws -> Void
    ) {
        router.post("/v1/\(name)") { [fence] _, _ in
            // It waits for the disk.
            try await DedicatedThread.run(name: "fence-order") { try body(fence) }
            let word = fence.word
            return LocalAnswer(
                FenceAnswer(fenced: word.isFenced, reason: word.reason?.rawValue, drained: word.isDrained))
        }
    }
}
