import Hummingbird
import PrometheusText

/// Counts every request with its route, never with its path: there are as many routes as we wrote, and any number of
/// paths.
struct RequestMetricsMiddleware: RouterMiddleware {
    let counters: RequestCounters

    func handle(
        _ request: Request, context: ControlContext,
        next: @concurrent (Request, ControlContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        do {
            let response = try await next(request, context)
            if response.status == .tooManyRequests { counters.rateLimited.increment() }
            count(request, context, code: "\(response.status.code / 100)xx", since: start)
            return response
        } catch {
            // Errors were made answers by then; what is left is a client that is gone.
            count(request, context, code: "gone", since: start)
            throw error
        }
    }

    private func count(
        _ request: Request, _ context: ControlContext, code: String, since start: ContinuousClock.Instant
    ) {
        // All that is nowhere has one route, `NotFound`.
        var route = context.endpointPath ?? "none"
        if request.uri.queryParameters["wait"] != nil { route += "?wait" }
        counters.requests.increment([route, code])
        counters.duration.observe(start.duration(to: .now), [route])
    }
}
