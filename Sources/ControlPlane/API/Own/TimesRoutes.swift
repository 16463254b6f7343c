import Hummingbird
import PurgeModel

/// `GET /v1/times`: times to confirmed over the last hour or day.
struct TimesRoutes: Sendable {
    let ledger: PurgeLedger

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/times") { request, _ in
            let text = request.uri.queryParameters["window"].map(String.init) ?? TimesWindow.hour.rawValue
            guard let window = TimesWindow(rawValue: text) else {
                throw APIError(
                    .badRequest, "bad_window", "window '\(text.quotable)' is neither 1h nor 24h")
            }
            let (times, now) = ledger.read { state, now in (state.times, now) }
            return try JSONResponse.make(window.report(times, now: now.wall))
        }
    }
}
