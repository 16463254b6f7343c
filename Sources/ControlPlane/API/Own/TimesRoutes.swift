internal import Hummingbird

/// `GET /v1/times`: times to confirmed over the last hour or day.
struct TimesRoutes: Sendable {
    let ledger: PurgeLedger

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("v1/times") { request, _ in
            let text = request.uri.queryParameters["window"].map(String.init) ?? TimesReport.Window.hour.rawValue
            guard let window = TimesReport.Window(rawValue: text) else {
                throw APIError(
                    .badRequest, "bad_window", "window '\(CloudflareError.shown(text))' is neither 1h nor 24h")
            }
            let (times, now) = ledger.read { state, now in (state.times, now) }
            return try JSONResponse.make(TimesReport(times, window: window, now: now.wall))
        }
    }
}
