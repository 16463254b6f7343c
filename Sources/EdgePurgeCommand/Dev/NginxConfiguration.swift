import EdgeAgent

/// Writes the nginx configuration of one development cache.
enum NginxConfiguration {
    /// The keys of the caches, one after the other: as we recommend, as for WordPress, and with a decoded path.
    static let cacheKeys = [
        "$scheme://$host$request_uri$slice_range", "$scheme$request_method$host$request_uri$slice_range",
        "$host$uri$is_args$args$slice_range",
    ]

    /// The text of `log_format edge_purge`, version 2; the last variable is the key.
    static let fetchLogFormat =
        #"2|$msec|$request_time|$upstream_header_time|$upstream_cache_status|"$host"|"$request_uri"|"$edge_purge_key""#

    /// What says "I am here" without asking the origin.
    static let pingPath = "/_nginx/ping"

    /// What makes nginx bypass its cache while the file is there: the content of `deploy/nginx/edge-purge-fence.conf`.
    static func fenceSnippet(file: String) -> String {
        """
        open_file_cache off;
        set $edge_purge_fenced "";
        if (-f \(file)) {
            set $edge_purge_fenced 1;
        }
        proxy_cache_bypass $edge_purge_fenced;
        proxy_no_cache $edge_purge_fenced;
        fastcgi_cache_bypass $edge_purge_fenced;
        fastcgi_no_cache $edge_purge_fenced;
        uwsgi_cache_bypass $edge_purge_fenced;
        uwsgi_no_cache $edge_purge_fenced;
        scgi_cache_bypass $edge_purge_fenced;
        scgi_no_cache $edge_purge_fenced;
        """
    }

    /// What makes nginx ask the agent as well: the content of `deploy/nginx/edge-purge-ask.conf`, which stands in place
    /// of ``fenceSnippet(file:)``.
    ///
    /// - Parameter question: the cache key, without `$slice_range`.
    static func askSnippet(
        fence: String, marker: String, question: String = "$scheme://$host$request_uri"
    ) -> String {
        let kinds = ["proxy", "fastcgi", "uwsgi", "scgi"]
        let bypass = kinds.map { kind in
            """
            \(kind)_cache_bypass $edge_purge_fenced $edge_purge_unasked $edge_purge_stale $edge_purge_unanswered;
            \(kind)_no_cache $edge_purge_fenced $edge_purge_keep $edge_purge_unanswered;
            """
        }
        return """
            if ($uri = /_edge_purge/ask) {
                break;
            }
            open_file_cache off;
            set $edge_purge_fenced "";
            set $edge_purge_waiting "";
            set $edge_purge_unasked "";
            if (-f \(marker)) {
                set $edge_purge_waiting 1;
                set $edge_purge_unasked 1;
            }
            set $edge_purge_question \(question);
            set $edge_purge_cache "";
            set $edge_purge_method $request_method;
            set $edge_purge_unanswered "";
            auth_request /_edge_purge/ask;
            auth_request_set $edge_purge_stale $upstream_http_x_edge_purge_stale;
            auth_request_set $edge_purge_keep $upstream_http_x_edge_purge_keep;
            auth_request_set $edge_purge_told $upstream_status;
            \(bypass.joined(separator: "\n"))
            location = /_edge_purge/ask {
                internal;
                access_log off;
                if ($edge_purge_waiting = "") {
                    return 204;
                }
                set $edge_purge_unasked "";
                if (-f \(fence)) {
                    set $edge_purge_fenced 1;
                    return 204;
                }
                proxy_cache off;
                proxy_pass http://edge_purge_ask;
                proxy_http_version 1.1;
                proxy_pass_request_headers off;
                proxy_set_header Host $host;
                proxy_set_header X-Original-URI $request_uri;
                proxy_set_header X-Original-Method $edge_purge_method;
                proxy_set_header X-Edge-Purge-Cache $edge_purge_cache;
                proxy_set_header X-Edge-Purge-Told $edge_purge_told;
                proxy_set_header Connection "";
                proxy_set_body $edge_purge_question;
                proxy_connect_timeout 100ms;
                proxy_read_timeout 500ms;
                proxy_intercept_errors on;
                recursive_error_pages on;
                error_page 425 = @edge_purge_wait;
                error_page 400 413 431 500 502 503 504 = @edge_purge_unanswered;
            }
            location @edge_purge_wait {
                access_log off;
                proxy_cache off;
                proxy_pass http://edge_purge_ask;
                proxy_http_version 1.1;
                proxy_pass_request_headers off;
                proxy_set_header Host $host;
                proxy_set_header X-Original-URI $request_uri;
                proxy_set_header X-Original-Method $edge_purge_method;
                proxy_set_header X-Edge-Purge-Cache $edge_purge_cache;
                proxy_set_header X-Edge-Purge-Wait 1;
                proxy_set_header Connection "";
                proxy_set_body $edge_purge_question;
                proxy_connect_timeout 100ms;
                proxy_read_timeout 6s;
                proxy_intercept_errors on;
                recursive_error_pages on;
                error_page 400 413 431 500 502 503 504 = @edge_purge_unanswered;
            }
            location @edge_purge_unanswered {
                access_log off;
                set $edge_purge_unanswered 1;
                return 204;
            }
            """
    }

    /// ``fenceSnippet(file:)`` for a server that cannot ask: it bypasses its cache while there is something to ask
    /// about.
    static func waitingSnippet(fence: String, marker: String) -> String {
        let bypass = ["proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_cache_bypass $edge_purge_waiting;" }
        return """
            \(fenceSnippet(file: fence))
            set $edge_purge_waiting "";
            if (-f \(marker)) {
                set $edge_purge_waiting 1;
            }
            \(bypass.joined(separator: "\n"))
            """
    }

    /// Where nginx asks: the part of the http level.
    static func askUpstream(socket: String) -> String {
        """
        upstream edge_purge_ask {
            server unix:\(socket) max_fails=1 fail_timeout=1s;
            server unix:\(socket).none backup;
            keepalive 32;
        }
        """
    }

    /// For each location that answers from the cache: the hardest case for a purge is a file that nginx holds open.
    private static let openFileCache = """
        open_file_cache max=1000 inactive=60s;
                                open_file_cache_valid 60s;
        """

    /// The whole file.
    ///
    /// - Parameters:
    ///   - cache: The cache; everything nginx writes stays below its directory.
    ///   - upstreams: The ports on 127.0.0.1 of what it fills from: the origin, or shields.
    ///   - isRoot: Whether nginx is started by root; its workers then run as root too, to be able to use our directory.
    static func text(cache: DevCache, upstreams: [Int], isRoot: Bool) -> String {
        let directory = cache.directory
        return """
            # Written by `edge-purge dev`.
            \(isRoot ? "user root;\n" : "")daemon off;
            pid \(directory)/nginx.pid;
            error_log \(directory)/nginx-error.log warn;
            worker_processes 1;

            events {
                worker_connections 1024;
            }

            http {
                # For the agent: when each fetch from the origin began (deploy/nginx/edge-purge.conf).
                map "" $edge_purge_key {
                    volatile;
                    default \(cache.cacheKey);
                }
                log_format edge_purge escape=default '\(fetchLogFormat)';
                access_log \(cache.fetchLog) edge_purge;
                log_subrequest on;

                # For people.
                log_format edge '$msec $upstream_response_time $upstream_cache_status $status '
                                '$scheme://$host$request_uri "$http_accept_encoding"';
                access_log \(directory)/access.log edge;

                client_body_temp_path \(directory)/tmp/body;
                proxy_temp_path \(directory)/tmp/proxy;
                fastcgi_temp_path \(directory)/tmp/fastcgi;
                uwsgi_temp_path \(directory)/tmp/uwsgi;
                scgi_temp_path \(directory)/tmp/scgi;

                proxy_cache_path \(directory)/cache levels=1:2 keys_zone=edge:192m
                                 max_size=2g inactive=1h use_temp_path=off;

            \(cache.ask != nil ? indented(askUpstream(socket: cache.askSocket)) : "")

                upstream origin {
            \(indented(servers(upstreams)))
                    keepalive 16;
                }

                proxy_http_version 1.1;
                proxy_cache edge;
                proxy_cache_key \(cache.cacheKey);
                proxy_cache_lock on;
                \(hiddenHeaders(cache))
                add_header X-Cache-Status $upstream_cache_status always;
                add_header X-Cache-Node \(cache.agent) always;

                server {
                    listen 127.0.0.1:\(cache.port);
                    server_name _;

            \(indented(server(cache)))

                    location / {
                        proxy_set_header Host $host;
                        proxy_set_header Connection "";
                        \(openFileCache)
                        proxy_pass http://origin;
                    }

                    # Several variants of one URL: the origin says Vary: Accept-Encoding.
                    location /vary/ {
                        proxy_set_header Host $host;
                        proxy_set_header Connection "";
                        \(openFileCache)
                        proxy_pass http://origin;
                    }

                    # Large files in pieces of 1 MiB, each an object of its own.
                    location /slice/ {
                        slice 1m;
                        proxy_set_header Range $slice_range;
                        proxy_set_header Host $host;
                        proxy_set_header Connection "";
                        \(openFileCache)
                        proxy_pass http://origin;
                    }

                    # Stale objects are asked for with If-None-Match.
                    location /revalidate/ {
                        proxy_cache_revalidate on;
                        proxy_set_header Host $host;
                        proxy_set_header Connection "";
                        \(openFileCache)
                        proxy_pass http://origin;
                    }

                    # Stale objects are served while a new one is fetched in the background.
                    location /updating/ {
                        proxy_cache_use_stale updating;
                        proxy_cache_background_update on;
                        proxy_set_header Host $host;
                        proxy_set_header Connection "";
                        proxy_pass http://origin;
                    }

                    location = \(pingPath) {
                        access_log off;
                        return 204;
                    }
                }
            }

            """
    }

    /// What it fills from; of several each has pages of its own.
    private static func servers(_ ports: [Int]) -> String {
        (ports.count > 1 ? "hash $host$request_uri consistent;\n" : "")
            + ports.map { "server 127.0.0.1:\($0);" }.joined(separator: "\n")
    }

    /// Headers for visitors to do without.
    ///
    /// Tags are for us, and for caches that fill from this one. How a cache above answered is no news.
    private static func hiddenHeaders(_ cache: DevCache) -> String {
        var headers = cache.tier.isFilledFrom ? [] : ["Cache-Tag"]
        if cache.tier.above != nil { headers += ["X-Cache-Status", "X-Cache-Node"] }
        return headers.map { "proxy_hide_header \($0);" }.joined(separator: " ")
    }

    private static func server(_ cache: DevCache) -> String {
        guard cache.ask != nil else { return fenceSnippet(file: cache.fenceFile) }
        return askSnippet(
            fence: cache.fenceFile, marker: cache.askMarker,
            question: cache.cacheKey.replacing("$slice_range", with: ""))
    }

    private static func indented(_ text: String) -> String {
        text.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
    }
}
