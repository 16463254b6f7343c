/// The modules of nginx that cache what they fetch; the name is the beginning of their directives.
enum NginxModule: String, Sendable, CaseIterable {
    case proxy, fastcgi, uwsgi, scgi

    /// A directive of this module: `fastcgi_cache_key`.
    func directive(_ name: String) -> String { "\(rawValue)_\(name)" }
}
