import Testing

@testable import EdgePurgeCommand

@Suite struct NginxParserTests {
    private func parse(_ text: String) -> [NginxDirective] { NginxParser.parse(text, file: "nginx.conf") }

    @Test func `words, blocks and comments are told apart, with their lines`() {
        let read = parse(
            #"""
            user root; # not { a block }
            http{server{listen 80;}
              map "" $key { volatile; default "$scheme://$host"; }
              log_format a escape=default '2|"$host"'
                  '|"\'$x\'"';
            }
            """#)
        #expect(read.map(\.name) == ["user", "http"])
        #expect(read[0].arguments == ["root"] && read[0].place.line == 1)
        #expect(read[1].block.map(\.name) == ["server", "map", "log_format"])
        #expect(
            read[1].block[0].block == [
                NginxDirective(
                    name: "listen", arguments: ["80"], block: [],
                    place: .init(file: "nginx.conf", line: 2, bytes: 41..<51))
            ])
        #expect(read[1].block[1].arguments == ["", "$key"])
        #expect(read[1].block[1].children("default").map(\.arguments) == [["$scheme://$host"]])
        #expect(read[1].block[2].arguments == ["a", "escape=default", #"2|"$host""#, #"|"'$x'""#])
        #expect(read[1].block[2].place.description == "nginx.conf:4")
    }

    @Test(arguments: [
        (#"a ~ \.php$;"#, ["~", #"\.php$"#]), ("a ${b}c{}", ["${b}c"]), ("a b#c;", ["b#c"]), (#"a b"c;"#, [#"b"c"#]),
        (#"a "b;c" 'd e';"#, ["b;c", "d e"]), (#"a "^/[0-9]{4}";"#, ["^/[0-9]{4}"]), (#"a b\;c;"#, [#"b\;c"#]),
        (#"a "\\\"\t\d";"#, ["\\\"\t\\d"]), (#"a '' "";"#, ["", ""]),
    ])
    func `quotes and backslashes are nginx's own`(_ text: String, _ arguments: [String]) {
        #expect(parse(text).map(\.arguments) == [arguments])
    }

    @Test func `what is cut off is read as far as it goes`() {
        #expect(parse("a") == [] && parse("}};") == [] && parse(#"a "b"#) == [])
        #expect(parse("a { b c; d").map(\.name) == ["a"])
        #expect(parse("a { b c; d").first?.block.map(\.name) == ["b"])
    }

    @Test func `Lua code is passed over`() {
        let read = parse(
            """
            a_by_lua_block {
                local x = "}" -- }
                if x then y({z = '}'}) end
                --[[ } ]] say([[<p>It's "here</p> } ]]) say([==[ ]] } ]==]) --[=[ } ]=] t[x[1]] = {}
            }
            b c;
            """)
        #expect(read.map(\.name) == ["a_by_lua_block", "b"])
    }

    @Test(arguments: [
        ("/a/b.conf", "/a/*.conf", true), ("/a/b/c.conf", "/a/*.conf", false), ("/a/b.conf", "/a/?.conf", true),
        ("/a/b.conf", "/a/[a-c].conf", true), ("/a/b.conf", "/a/[!b].conf", false), ("/a/b", "/a/*", true),
        ("/a/", "/a/*", true), ("/a/b.conf~", "/a/*.conf", false), ("/a/bXcXd", "/a/*X*d", true), ("", "", true),
        ("/a/b", "/*/b", true), ("/a/b", "/a/[", false), ("/x", "*", false),
    ])
    func `names are matched as include does it`(_ name: String, _ pattern: String, _ isMatch: Bool) {
        #expect(NginxGlob.matches(name, pattern) == isMatch)
    }

    @Test func `a variable is the same with and without braces`() {
        #expect(NginxValue("${scheme}://$host$request_uri") == NginxValue("$scheme://$host${request_uri}"))
        #expect(NginxValue("$hostx") != NginxValue("${host}x"))
        #expect(NginxValue("a$").parts == [.text("a$")])
        #expect(NginxValue("${a").parts == [.text("${a")])
        #expect(NginxValue("$a$slice_range").withoutSlice == NginxValue("$a"))
    }

    @Test func `files are put where they are included`() {
        let dump = NginxDump(
            """
            nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
            # configuration file /etc/nginx/nginx.conf:
            http { include conf.d/*.conf; include /etc/nginx/gone.conf; include none/*; }
            # configuration file /etc/nginx/conf.d/b.conf:
            b;
            # configuration file /etc/nginx/conf.d/a.conf:
            a { include nginx.conf; }
            """, name: "-")
        #expect(dump.directives.map(\.name) == ["http"])
        #expect(dump.directives[0].block.map(\.name) == ["a", "b"])
        #expect(dump.directives[0].block[1].place.description == "/etc/nginx/conf.d/b.conf:1")
        #expect(!dump.missing.isEmpty)
        #expect(dump.missing.allSatisfy { $0.arguments == ["/etc/nginx/gone.conf"] })
    }
}
