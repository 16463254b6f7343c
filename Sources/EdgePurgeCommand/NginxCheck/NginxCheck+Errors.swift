/// Errors that nginx caches in its memory only: there is no file, and no purge reaches them.
extension NginxCheck {
    /// Which errors a location keeps in memory.
    ///
    /// As ngx_http_upstream_intercept_errors and ngx_http_upstream_finalize_request do it: an origin's error that
    /// `error_page` replaces, for as long as the origin or `proxy_cache_valid` says; and nginx's own 502 and 504, for
    /// as long as `proxy_cache_valid` says.
    func errorFindings(_ location: NginxLocation) -> [NginxFinding] {
        [replacedErrors(location), ownErrors(location)].compactMap { $0 }
    }

    private func replacedErrors(_ location: NginxLocation) -> NginxFinding? {
        guard let intercept = location.inForce(location.module.directive("intercept_errors")).last,
            intercept.arguments.first == "on"
        else { return nil }
        let valid = location.inForce(cache: "valid")
        let codes = location.inForce("error_page").flatMap(Self.replacedCodes)
            .filter { isOriginHeard(location) || Self.isCached($0, valid) }
        guard !codes.isEmpty else { return nil }
        return NginxFinding(
            kind: .errorsInMemory, place: "\(intercept.place)",
            problem: "\(intercept.heading): errors of the origin that error_page replaces (\(Self.list(codes))) may be "
                + "cached in memory only, and no purge removes them",
            advice:
                "turn it off, or see that nothing caches these errors: no \(location.module.directive("cache_valid")) "
                + "for them, and Cache-Control, Expires and X-Accel-Expires in "
                + location.module.directive("ignore_headers"))
    }

    private func ownErrors(_ location: NginxLocation) -> NginxFinding? {
        let valid = location.inForce(cache: "valid")
        let codes = ["502", "504"].filter { Self.isCached($0, valid) }
        guard !codes.isEmpty, let directive = valid.first(where: { Self.names($0, codes[0]) }) else { return nil }
        let name = location.module.directive("cache_valid")
        return NginxFinding(
            kind: .errorsInMemory, place: "\(directive.place)",
            problem:
                "\(directive.heading): when the origin is away, nginx's own \(Self.list(codes)) is cached in memory "
                + "only, and no purge removes it",
            advice: "put \(name) 502 504 0; before it")
    }

    /// Whether nginx caches responses with this code by `proxy_cache_valid`: the first line that names it counts.
    private static func isCached(_ code: String, _ valid: [NginxDirective]) -> Bool {
        guard let time = valid.first(where: { names($0, code) })?.arguments.last else { return false }
        return !["0", "0s", "0m", "0h", "0d"].contains(time)
    }

    /// Whether a line such as `proxy_cache_valid 404 1m` is about a code; one without any code is about three.
    private static func names(_ directive: NginxDirective, _ code: String) -> Bool {
        let codes = directive.arguments.dropLast()
        return codes.isEmpty ? ["200", "301", "302"].contains(code) : codes.contains(code) || codes.contains("any")
    }

    /// The codes of `error_page 404 410 =200 /missing.html`.
    private static func replacedCodes(_ directive: NginxDirective) -> [String] {
        directive.arguments.dropLast().filter { $0.count == 3 && $0.allSatisfy(\.isWholeNumber) }
    }

    private func isOriginHeard(_ location: NginxLocation) -> Bool {
        let ignored = location.inForce(location.module.directive("ignore_headers")).flatMap(\.arguments)
        return !Set(["cache-control", "expires", "x-accel-expires"]).isSubset(of: ignored.map { $0.lowercased() })
    }

    private static func list(_ codes: [String]) -> String { Set(codes).sorted().joined(separator: ", ") }
}
