import Foundation
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport
import Testing

extension EndToEndTests {
    /// The dashboard in a real browser.
    @Suite(.enabled(if: Browser.isInstalled, "make test installs chromium and chromium-driver"))
    struct DashboardTests: SharesEnvironment {
        private static let tag = "<svg/onload=window.broken=1>"
        private static let attack = #"<img src=x onerror="window.broken=1">"#

        @Test func `a purge sent by the form is followed until it is confirmed, and text stays text`() async throws {
            let control = try environment.ready.control
            try await environment.warm(["/dashboard/1?tags=dashboard"])
            try await Browser.run { browser in
                try await browser.open(control + "/")
                try await eventually("the form is there") { try await browser.count(".purge-form textarea") == 1 }
                try await browser.type("dashboard\n\(Self.tag), second", into: "textarea")
                try await browser.type("why \(Self.attack)", into: "input[name=reason]")
                #expect(try await browser.text("button[type=submit]") == "Review purge of 3 tags")
                try await browser.click(".purge-form button[type=submit]")
                #expect(
                    try await browser.text("dialog ol").split(separator: "\n").map(String.init)
                        == ["dashboard", Self.tag, "second"])
                #expect(try await browser.text("dialog").contains("Reason: why \(Self.attack)"))
                try await browser.click("dialog button[type=submit]")
                try await eventually("it is confirmed") {
                    try await browser.text(".progress-line").contains(
                        "no cache answers with it any more (3 of 3 agents)")
                }
                #expect(try await browser.count("tbody .pill.good") == 3)
                #expect(try await browser.text(".selectors").contains(Self.tag))
                #expect(try await browser.text(".facts").contains("why \(Self.attack)"))
                #expect(try await browser.text("#announcer").hasPrefix("Confirmed after"))
                try await browser.click("nav a[href='#/purges']")
                try await eventually("the history has it") {
                    try await browser.text("tbody").contains("why \(Self.attack)")
                }
                try await browser.type("no purge names this", into: "input[type=search]")
                try await eventually("the search finds nothing") {
                    try await browser.text(".nothing") == "No purge matches."
                }
                #expect(try await browser.count("img[onerror], svg[onload]") == 0)
                #expect(try await browser.script("return window.broken === undefined") == .bool(true))
                #expect(try await browser.complaints() == [])
            }
            try await environment.expect("MISS", ["/dashboard/1?tags=dashboard"])
        }

        @Test func `everything has to be named, and a refusal stands at its field`() async throws {
            let control = try environment.ready.control
            try await Browser.run { browser in
                try await browser.open(control + "/")
                try await eventually("the form is there") { try await browser.count(".purge-form") == 1 }
                try await browser.click("label[for$='-everything']")
                try await browser.click(".purge-form button[type=submit]")
                #expect(try await browser.count("dialog button.danger:disabled") == 1)
                try await browser.type("shop", into: "dialog input")
                #expect(try await browser.count("dialog button.danger:disabled") == 1)
                try await browser.type("shop.example", into: "dialog input")
                #expect(try await browser.count("dialog button.danger:enabled") == 1)
                try await browser.press("\u{E00C}")
                try await eventually("Escape closes it") { try await browser.count("dialog") == 0 }
                #expect(try await browser.complaints() == [])

                try await browser.click("label[for$='-hosts']")
                try await browser.click(".purge-form button[type=submit]")
                #expect(try await browser.text(".field .error:not([hidden])") == "Name at least one host.")
                try await browser.type("other.example", into: "textarea")
                try await browser.click(".purge-form button[type=submit]")
                try await browser.click("dialog button[type=submit]")
                try await eventually("the refusal is shown") {
                    try await browser.text(".field .error:not([hidden])").contains("other.example")
                }
                #expect(try await browser.count("textarea[aria-invalid]") == 1)
                #expect(try await browser.script("return document.activeElement.tagName").text == "TEXTAREA")
                #expect(try await browser.complaints().allSatisfy { $0.contains("status of 400") })
            }
        }

        @Test func `a wrong token is refused, and a right one shows what it allows`() async throws {
            try await SecondControlPlane.withFolder(of: environment) { second in
                let reader = try await second.token("reader", "read")
                let admin = try await second.token("boss", "admin")
                try await second.run { control in
                    try await Self.signInAndOut(control, reader: reader, admin: admin)
                }
            }
        }

        private static func signInAndOut(_ control: String, reader: String, admin: String) async throws {
            try await Browser.run { browser in
                try await browser.open(control + "/")
                try await eventually("a token is asked for") { try await browser.count(".sign-in") == 1 }
                try await PageCheck.run(browser, "sign-in")
                try await browser.type("\(reader)x", into: "input[type=password]")
                try await browser.click("button[type=submit]")
                try await eventually("it is refused") {
                    try await browser.text(".sign-in .error") == "This token is not accepted."
                }
                try await browser.type(reader, into: "input[type=password]")
                try await browser.click(".sign-in button[type=submit]")
                try await eventually("the agents are there") {
                    try await browser.count("[aria-labelledby=all-agents] tbody tr") == 3
                }
                #expect(try await browser.text("#who") == "reader")
                #expect(try await browser.count(".purge-form") == 0)
                try await browser.open(control + "/#/agents")
                try await eventually("the agents are there") { try await browser.text("tbody").contains("edge-3") }
                #expect(try await browser.count(".actions button") == 0)
                try await browser.click("#sign-out")
                try await eventually("a token is asked for") { try await browser.count(".sign-in") == 1 }
                #expect(try await browser.script("return sessionStorage.length") == .number(0))
                try await browser.type(admin, into: "input[type=password]")
                try await browser.press("\u{E007}")
                try await eventually("the buttons are there") { try await browser.count(".actions button") == 6 }
                #expect(try await browser.complaints().allSatisfy { $0.contains("status of 401") })
            }
        }

        @Test func `every page is for phones, keyboards, screen readers and both colour schemes`() async throws {
            let control = try environment.ready.control
            let id = try await environment.purge(#"{"tags":["\#(String(repeating: "long", count: 50))","b"]}"#)["id"]
                .text.required
            try await Browser.run { browser in
                for (name, marker) in [
                    ("", ".chart text"), ("purges", "tbody a"), ("purges/\(id)", ".facts div"), ("agents", "tbody th"),
                ] {
                    try await browser.open(control + "/#/" + name)
                    for width in [360, 768, 1280] {
                        try await browser.resize(width: width, height: 800, isPhone: width == 360)
                        for scheme in ["light", "dark"] {
                            try await browser.prefer(scheme)
                            try await eventually("\(name) is drawn") { try await browser.count(marker) > 0 }
                            try await PageCheck.run(browser, "/#/\(name) \(width) \(scheme)")
                        }
                    }
                }
                try await browser.open(control + "/")
                try await eventually("the form is there") { try await browser.count(".purge-form") == 1 }
                try await browser.press("\u{E004}")
                #expect(try await browser.script("return document.activeElement.id").text == "skip")
                try await browser.press("\u{E007}")
                #expect(try await browser.script("return document.activeElement.id").text == "main")
                #expect(try await browser.complaints() == [])
            }
        }

        @Test func `old figures never pass for new ones`() async throws {
            let control = try environment.ready.control
            try await Browser.run { browser in
                try await browser.open(control + "/#/agents")
                try await eventually("the agents are there") { try await browser.count("tbody tr") == 3 }
                #expect(try await browser.count("#connection:not([hidden])") == 0)
                try await browser.setOffline(true)
                try await eventually("it says so") {
                    try await browser.text("#connection").contains("What you see is from")
                }
                #expect(try await browser.text("#pulse") == "Not connected")
                #expect(try await browser.count("tbody tr") == 3)
                try await browser.setOffline(false)
                try await eventually("it is well again") { try await browser.text("#pulse") == "Live" }
                #expect(try await browser.count("#connection:not([hidden])") == 0)
            }
        }

        @Test func `an agent is drained and comes back`() async throws {
            let control = try environment.ready.control
            try await Browser.run { browser in
                try await browser.open(control + "/#/agents")
                let drain = "button[aria-label='Drain edge-3']"
                let resume = "button[aria-label='Resume edge-3']"
                try await eventually("edge-3 can be drained") { try await browser.count(drain) == 1 }
                try await browser.click(drain)
                #expect(try await browser.text("dialog h2") == "Drain edge-3?")
                try await browser.click("dialog button[type=submit]")
                try await eventually("it is drained") { try await browser.count(resume) == 1 }
                try await browser.click(resume)
                try await browser.click("dialog button[type=submit]")
                try await eventually("it can be drained again") { try await browser.count(drain) == 1 }
                #expect(try await browser.complaints() == [])
            }
            try await environment.becomesLive(environment.ready.caches[2])
        }
    }
}
