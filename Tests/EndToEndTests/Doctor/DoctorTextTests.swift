import EdgeAgent
import Foundation
import Testing

@testable import EdgePurgeCommand

/// What the doctor makes of texts, and texts of what it saw.
@Suite struct DoctorTextTests {
    @Test(arguments: [
        ("shop.example", nil), ("shop.example:8080", nil), ("localhost", nil), ("[::1]:80", nil), ("10.0.0.1", nil),
        ("http", "scheme"), ("https:", "scheme"), ("", "empty"), ("backend", "dot"), ("app.internal:8080", "origin"),
        ("origin.example", "origin"),
    ])
    func `hosts that no visitor asks for`(_ host: String, _ word: String?) {
        let oddity = OddHost(host, origins: ["app.internal:8080", "origin.example"])
        #expect(word == nil ? oddity == nil : oddity?.clause.contains(word ?? "") == true, "\(host)")
        // A host of an intranet may have no dot.
        #expect(oddity?.isWrong != true || word != "dot")
    }

    @Test func `names of origins are those in proxy_pass and upstream, but for servers`() {
        let dump = NginxDump(
            """
            http {
                upstream backend { server 10.0.0.1; }
                proxy_cache edge;
                server { server_name shop.example; location / { proxy_pass http://origin.example:8080/x; } }
                server { location / { proxy_pass https://shop.example; } }
            }
            """, name: "-")
        #expect(OriginNames.all(in: dump) == ["backend", "origin.example:8080"])
    }

    @Test(arguments: [
        ("80", NginxListen.Address.network("127.0.0.1", 80), false), ("*:81", .network("127.0.0.1", 81), false),
        ("443 ssl http2", .network("127.0.0.1", 443), true), ("[::]:8080", .network("::1", 8080), false),
        ("10.1.2.3", .network("10.1.2.3", 80), false), ("[fe80::1]", .network("fe80::1", 80), false),
        ("name.example:90 default_server", .network("name.example", 90), false),
        ("unix:/run/n.sock", .socket("/run/n.sock"), false),
    ])
    func `addresses to ask at`(_ text: String, _ address: NginxListen.Address, _ isEncrypted: Bool) throws {
        let listen = try #require(read(text))
        #expect(listen.address == address && listen.isEncrypted == isEncrypted)
    }

    @Test(arguments: ["443 quic", "80 proxy_protocol", "host:port", "70000", ""])
    func `addresses that no plain visitor uses`(_ text: String) { #expect(read(text) == nil) }

    private func read(_ text: String) -> NginxListen? {
        NginxParser.parse("listen \(text);", file: "-").first.flatMap(NginxListen.init)
    }

    @Test(arguments: [
        ("/", "/edge-purge-doctor-x"), ("^~ /img/", "/img/edge-purge-doctor-x"),
        (#"~ \.php$"#, "/edge-purge-doctor-x.php"), (#"~* \.(jpg|png)$"#, "/edge-purge-doctor-x.jpg"),
        (#"~* \.(?:css|js)$"#, "/edge-purge-doctor-x.css"), ("= /one", nil), (#"~ ^/a/(.*)$"#, nil), ("@named", nil),
    ])
    func `pages that nobody has`(_ location: String, _ target: String?) {
        let text = "http { proxy_cache edge; server { location \(location) { proxy_pass http://o; } } }"
        let found = NginxLocation.all(in: NginxParser.parse(text, file: "-"))
        #expect(found.count == 1)
        #expect(found.first.flatMap { ProbePlace($0, cache: nil) }?.target("x") == target)
    }

    @Test func `variables of a unit`() {
        let text = "# a comment\n\n KAFKA_X=1\nA=\"b c\"\nB='d'\nC=e=f \nnothing\n;D=1\n"
        #expect(UnitEnvironment.read(text) == ["KAFKA_X": "1", "A": "b c", "B": "d", "C": "e=f"])
    }

    @Test func `a report says the worst, and what mends it`() throws {
        var report = DoctorReport()
        #expect(report.level == .green)
        report.add([.green("/a", "fine")], of: "disk")
        report.add([.yellow(nil, "odd\u{1B}", mend: "look"), .red("t", "gone", mend: "make it\nthen this")], of: "x")
        #expect(report.level == .red)
        let text = report.text(Style(isOn: false))
        #expect(
            text == """
                green   disk  /a: fine
                yellow  x     odd?
                              look
                red     x     t: gone
                              make it
                              then this

                1 red, 1 yellow, 1 green
                """)
        let json = try JSONDecoder().decode(JSONValue.self, from: Data(try report.json().utf8))
        #expect(json["level"].text == "red" && json["findings"].items.count == 3)
        #expect(json["findings"].items[2]["remedy"].text == "make it\nthen this")
    }
}
