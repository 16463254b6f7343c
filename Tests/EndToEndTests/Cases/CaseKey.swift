/// A form of cache keys that people have, from public configurations and issues.
struct CaseKey: Sendable {
    /// The value in nginx; nil: none is configured, which only `proxy_cache` can do without.
    var nginx: String?
    /// What nginx makes of it, to be shown by the test's own header.
    var shown: String
    /// The value in agent.yaml.
    var agent: String
    /// Whether the visitors' host is not in it.
    var needsHost = false
    /// `values` for it, as in agent.yaml; given or left out where it can be done without.
    var values: [String: String] = [:]
    /// Whether it cannot do without `values`.
    var needsValues = false
    /// Whether the body of a POST is in it.
    var hasBody = false
    /// Whether large pages may be cut into slices with it.
    var hasSlices = false
    /// Whether nginx changes the URI before it makes the key of it; then the agent has to learn from the access log
    /// what the visitors have asked for.
    var isRewritten = false

    init(
        _ text: String, needsHost: Bool = false, values: [String: String] = [:], needsValues: Bool = false,
        hasBody: Bool = false
    ) {
        nginx = text
        shown = text.replacing("$slice_range", with: "")
        agent = text
        self.needsHost = needsHost
        self.values = values
        self.needsValues = needsValues
        self.hasBody = hasBody
        hasSlices = text.hasSuffix("$slice_range")
    }

    /// The key that nobody can take apart: the agent learns from the access log what it stands for.
    var learnt: CaseKey {
        var key = self
        key.agent = "learn"
        key.needsHost = false
        key.values = [:]
        return key
    }

    /// The key behind a `rewrite`.
    var rewritten: CaseKey {
        var key = self
        key.isRewritten = true
        return key
    }

    /// Whether its objects are learnt.
    var isLearnt: Bool { agent == "learn" || isRewritten }

    /// The variables in it, without `$`.
    var variables: Set<String> {
        Set((nginx ?? "").matches(of: /\$\{?([a-z_]+)/).map { String($0.1) })
    }

    /// Nginx's own key; its documentation writes it without `://`.
    ///
    /// - Parameter upstream: the name in `proxy_pass`.
    static func ofNginx(upstream: String) -> CaseKey {
        var key = CaseKey("$scheme$proxy_host$request_uri", needsHost: true)
        key.nginx = nil
        key.shown = "$scheme://\(upstream)$request_uri"
        return key
    }

    private static let mobile = ["mobile": #"["", "mobile"]"#]

    /// All that can be taken apart.
    static let all = [
        CaseKey("$scheme$request_method$host$request_uri"),
        CaseKey("$scheme$request_method$host$request_uri$mobile", values: mobile),
        CaseKey("$scheme$request_method$mobile$host$request_uri", values: mobile),
        CaseKey("$mobile$scheme$request_method$host$request_uri", values: mobile),
        CaseKey("$scheme://$host$request_uri$is_args$args"),
        CaseKey("$host$request_uri$is_args$args$http_token"),
        CaseKey("$request_uri$http_x_authorization", needsHost: true),
        CaseKey("$scheme$proxy_host$request_uri$cookie_session", needsHost: true),
        CaseKey("$http_x_forwarded_proto$scheme$host$request_uri"),
        CaseKey("$http_x_forwarded_proto://$host$request_uri"),
        CaseKey("$request_method|$http_if_modified_since|$http_if_none_match|$host|$request_uri"),
        CaseKey("$request_method|$server_addr:$server_port$request_uri|$cookie_phpsessid", needsHost: true),
        CaseKey("$uri$is_args$args", needsHost: true),
        CaseKey("$host$uri"),
        CaseKey("$request_uri", needsHost: true),
        CaseKey("$geo_country|$cookie_exp|$scheme://$host$request_uri"),
        CaseKey("$scheme://$host$uri?w=$arg_w&h=$arg_h"),
        CaseKey("$scheme$host:$server_port$request_uri"),
        CaseKey("$http_x_forwarded_host$request_uri"),
        CaseKey("$site$request_uri", values: ["site": "$host"], needsValues: true),
        CaseKey("$uri", needsHost: true),
        CaseKey("$args|$host$uri"),
        CaseKey("$host$uri?$args"),
        CaseKey("$http_host$uri$is_args$args"),
        CaseKey("$http_host$request_uri"),
        CaseKey("v2:$host$request_uri"),
        CaseKey("$host$request_uri|$cookie_lang"),
        CaseKey("$host$document_uri$is_args$query_string"),
        CaseKey("$request_uri|$request_body", needsHost: true, hasBody: true),
        CaseKey("$scheme://$host$request_uri$slice_range"),
        CaseKey("$host$uri$is_args$args$slice_range"),
        // The example of nginx's documentation.
        CaseKey("$host$request_uri $cookie_user"),
        CaseKey("$scheme$proxy_host$uri$is_args$args", needsHost: true),
        CaseKey("$scheme$host$uri$is_args$args"),
        CaseKey("$scheme$request_method$http_host$request_uri"),
        CaseKey("${scheme}://${host}${request_uri}"),
        CaseKey("$request_method$scheme://$host$uri$is_args$args"),
        CaseKey("$host:$server_port$request_uri"),
        CaseKey("$server_name$request_uri", needsHost: true),
        CaseKey("$scheme|$host|$uri|$args"),
        CaseKey("$host$uri$arg_page"),
        CaseKey("https://$host$request_uri"),
        CaseKey("$uri|$host"),
        CaseKey("$request_uri@$host"),
        CaseKey("$scheme$host$request_uri$slice_range"),
        CaseKey("$uri$is_args$args$slice_range", needsHost: true),
    ]

    /// Such as say something else than what the visitors have asked for.
    static let rewritten = [
        CaseKey("$scheme://$host$uri$is_args$args").rewritten,
        CaseKey("$host$uri").rewritten,
        CaseKey("$uri$is_args$args", needsHost: true).rewritten,
    ]

    /// Such as no template reads.
    static let unreadable = [
        // A map turns the path around.
        CaseKey("$turned_around|$host").learnt,
        // A number that a map and a hash have made, and the rest behind it.
        CaseKey("$shard$host#$turned_around").learnt,
        CaseKey("$host:$turned_around:$args").learnt,
    ]

    /// Lines of nginx's configuration that their variables need.
    static let maps = #"""
        map $http_x_device $mobile { default ""; phone mobile; }
        map $http_x_country $geo_country { default $http_x_country; }
        map $host $site { default $host; }
        map $request_uri $turned_around { default $request_uri; "~^/([^/?]*)/(.*)$" "$2@$1"; }
        split_clients "$host$request_uri" $shard { 50% s0-; * s1-; }
        """#
}
