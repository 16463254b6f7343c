import Hummingbird

/// `GET /healthz` and `GET /readyz`, for whatever watches this process.
struct HealthRoutes: Sendable {
    /// Why the answers about purges cannot be relied on yet; empty when they can.
    let obstacles: @Sendable () -> [String]

    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("healthz") { _, _ in "ok" }
        router.get("readyz") { _, _ in
            let obstacles = obstacles()
            guard obstacles.isEmpty else {
                throw APIError(
                    .serviceUnavailable, "not_ready", obstacles.joined(separator: "; "), retryAfterSeconds: 1)
            }
            return "ok"
        }
    }
}
