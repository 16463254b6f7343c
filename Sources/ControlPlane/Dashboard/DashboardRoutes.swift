import HTTPTypes
import Hummingbird

/// `GET /` and the files it loads: the dashboard.
///
/// They hold no data, so nobody needs a token for them; what the page shows it asks of `/v1` with the token of its
/// reader.
struct DashboardRoutes<Context: RequestContext>: Sendable {
    /// Nothing from elsewhere, nothing inline, in nobody's frame, and no markup made of text.
    private static var contentSecurityPolicy: String {
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    }

    /// Adds the routes.
    func add(to router: some RouterMethods<Context>) {
        for file in DashboardFile.all {
            let path = RouterPath(file.path)
            router.get(path) { request, _ in Self.response(file, to: request) }
            router.head(path) { request, _ in Self.response(file, to: request) }
        }
    }

    private static func response(_ file: DashboardFile, to request: Request) -> Response {
        var fields: HTTPFields = [
            .eTag: file.entityTag,
            // Kept, and asked for each time: a page must not run with the scripts of another version.
            .cacheControl: "no-cache",
            .contentSecurityPolicy: contentSecurityPolicy,
            .xContentTypeOptions: "nosniff",
        ]
        if let name = HTTPField.Name("Referrer-Policy") { fields[name] = "no-referrer" }
        if isKnown(file.entityTag, to: request) {
            return Response(status: .notModified, headers: fields)
        }
        fields[.contentType] = file.contentType
        fields[.contentLength] = String(file.body.readableBytes)
        guard request.method != .head else { return Response(status: .ok, headers: fields) }
        return Response(status: .ok, headers: fields, body: ResponseBody(byteBuffer: file.body))
    }

    private static func isKnown(_ entityTag: String, to request: Request) -> Bool {
        guard let known = request.headers[.ifNoneMatch] else { return false }
        return known.split(separator: ",").contains { tag in
            let tag = tag.drop { $0 == " " }.prefix { $0 != " " }
            return tag == "*" || tag == entityTag || tag == "W/\(entityTag)"
        }
    }
}
