import HTTPTypes
import Hummingbird

/// `GET /openapi.json`: the API in a form that programs understand; tests hold it against the router.
struct OpenAPIRoutes: Sendable {
    /// Adds the routes.
    func add(to router: some RouterMethods<ControlContext>) {
        let body = ByteBuffer(bytes: PackageResources.openapi_json)
        router.get("openapi.json") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "application/json; charset=utf-8", .cacheControl: "no-cache",
                    .xContentTypeOptions: "nosniff",
                ],
                body: ResponseBody(byteBuffer: body))
        }
    }
}
