import HTTPTypes
import Hummingbird
import PrometheusText

/// `GET /metrics`, in Prometheus' text format.
struct MetricsRoutes: Sendable {
    let report: ControlMetricsReport

    /// Adds the route.
    func add(to router: some RouterMethods<ControlContext>) {
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: MetricWriter.contentType, .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: report.text())))
        }
    }
}
