/// What the development origin looks at in a request.
struct OriginRequest: Sendable {
    /// `GET`, `HEAD`, `POST`.
    var method = "GET"
    /// The path, without query.
    var path: String
    /// Query parameters in order, percent-decoded.
    var query: [(name: String, value: String)] = []
    /// `Accept-Encoding`.
    var acceptEncoding: String?
    /// `If-None-Match`.
    var ifNoneMatch: String?
    /// `Range`.
    var range: String?

    /// The last value of a query parameter.
    func value(_ name: String) -> String? { query.last { $0.name == name }?.value }

    /// A whole number from a query parameter, cut to `range`; nil when absent or not a number.
    func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        value(name).flatMap { Int($0) }.map { min(max($0, range.lowerBound), range.upperBound) }
    }
}
