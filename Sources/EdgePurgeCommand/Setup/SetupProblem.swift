/// Something that cannot be purged, or set up, as it is.
struct SetupProblem: Hashable, Sendable, Encodable {
    /// `/etc/nginx/sites-enabled/shop:12`; nil where it stands nowhere.
    var place: String?
    /// The names of the server.
    var server: [String] = []
    /// The heading of its block, such as `location /`.
    var location: String?
    /// What is wrong, and what it leads to.
    var problem: String
    /// What to change.
    var advice: String

    /// One of nginx's configuration.
    init(place: NginxLocation, _ problem: String, _ advice: String) {
        self.place = "\(place.place)"
        server = place.server?.children("server_name").flatMap(\.arguments) ?? []
        location = place.levels.last?.heading
        self.problem = problem
        self.advice = advice
    }

    /// One that the check found.
    init(_ finding: NginxFinding) {
        place = finding.place
        problem = finding.problem
        advice = finding.advice
    }

    /// Any other.
    init(_ problem: String, _ advice: String) {
        self.problem = problem
        self.advice = advice
    }
}
