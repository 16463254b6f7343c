import Foundation
import NIOHTTP1
import Subprocess
import SystemPackage
import TestSupport

/// Debian's Chromium without a window, driven through W3C WebDriver.
struct Browser: Sendable {
    /// The page could not be driven so.
    struct Refused: Error, CustomStringConvertible {
        var description: String
    }

    private let web: WebClient
    private let session: String

    /// Whether there is one.
    static let isInstalled = Tool.isInstalled("chromedriver") && Tool.isInstalled("chromium")

    /// Runs `body` with a browser of its own, which is gone afterwards.
    static func run(_ body: @Sendable (Browser) async throws -> Void) async throws {
        let log = NSTemporaryDirectory() + "edge-purge-driver-\(UUID().uuidString).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        var options = PlatformOptions()
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        // The driver takes a free port and says which: nobody else can take it in between.
        _ = try await Subprocess.run(
            .path("/bin/sh"), arguments: ["-c", "exec chromedriver --port=0 >\"$0\" 2>&1", log],
            platformOptions: options, input: .none, output: .discarded, error: .discarded
        ) { execution in
            do {
                var driver: String?
                try await eventually("chromedriver listens") {
                    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                    driver = text.firstMatch(of: /successfully on port (\d+)/).map { "http://127.0.0.1:\($0.1)" }
                    return driver != nil
                }
                let address = try driver.required
                try await WebClient.with { web in try await drive(Browser(web: web, driver: address), body) }
            } catch {
                await execution.teardown(using: options.teardownSequence)
                throw error
            }
            await execution.teardown(using: options.teardownSequence)
        }
    }

    private static func drive(_ browser: Browser, _ body: (Browser) async throws -> Void) async throws {
        do {
            try await body(browser)
        } catch {
            _ = try? await browser.call(.DELETE, "")
            throw error
        }
        _ = try await browser.call(.DELETE, "")
    }

    private init(web: WebClient, driver: String) async throws {
        self.web = web
        let wanted = #"""
            {"capabilities":{"alwaysMatch":{"browserName":"chrome","goog:loggingPrefs":{"browser":"ALL"},
            "goog:chromeOptions":{"args":["--headless=new","--no-sandbox","--disable-gpu","--disable-dev-shm-usage"]}}}}
            """#
        let answer = try await web.json(.POST, driver + "/session", wanted)
        guard let id = answer.value["value"]["sessionId"].text else { throw Refused(description: "\(answer.value)") }
        session = "\(driver)/session/\(id)"
    }

    /// Goes to an address, and waits until it is loaded.
    func open(_ url: String) async throws {
        _ = try await call(.POST, "/url", ["url": url])
    }

    /// Runs a script in the page; `arguments[0]` and so on are `arguments`.
    @discardableResult
    func script(_ code: String, _ arguments: String...) async throws -> JSONValue {
        try await call(.POST, "/execute/sync", ["script": code, "args": arguments])
    }

    /// What the first element that matches shows; empty where there is none.
    func text(_ selector: String) async throws -> String {
        try await script("return document.querySelector(arguments[0])?.innerText ?? ''", selector).text ?? ""
    }

    /// How many elements match.
    func count(_ selector: String) async throws -> Int {
        try await script("return document.querySelectorAll(arguments[0]).length", selector).int ?? 0
    }

    /// Clicks as a person does: what is hidden or covered cannot be clicked.
    func click(_ selector: String) async throws {
        _ = try await call(.POST, "/element/\(try await element(selector))/click", [:])
    }

    /// Replaces what stands in a field.
    func type(_ text: String, into selector: String) async throws {
        let element = try await element(selector)
        _ = try await call(.POST, "/element/\(element)/clear", [:])
        _ = try await call(.POST, "/element/\(element)/value", ["text": text])
    }

    /// Presses one key, wherever the focus is.
    func press(_ key: String) async throws {
        let actions: [[String: String]] = [["type": "keyDown", "value": key], ["type": "keyUp", "value": key]]
        _ = try await call(
            .POST, "/actions", ["actions": [["type": "key", "id": "keyboard", "actions": actions]]])
    }

    /// Makes the page as wide as a screen.
    func resize(width: Int, height: Int, isPhone: Bool = false) async throws {
        try await command(
            "Emulation.setDeviceMetricsOverride",
            ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": isPhone])
    }

    /// Lets the person prefer `light` or `dark`.
    func prefer(_ scheme: String) async throws {
        try await command(
            "Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": scheme]]])
    }

    /// Cuts the page off from the network, or connects it again.
    func setOffline(_ isOffline: Bool) async throws {
        let conditions: [String: Any] = ["offline": isOffline, "latency": 0, "throughput": 1 << 30]
        _ = try await call(.POST, "/chromium/network_conditions", ["network_conditions": conditions])
    }

    /// Everything that the browser complained about since it was asked last: script errors, what the policy forbids.
    func complaints() async throws -> [String] {
        try await call(.POST, "/se/log", ["type": "browser"]).items.compactMap { $0["message"].text }
    }

    private func element(_ selector: String) async throws -> String {
        let found = try await call(.POST, "/element", ["using": "css selector", "value": selector])
        guard case .object(let fields) = found, let id = fields.values.first?.text else {
            throw Refused(description: "no element \(selector)")
        }
        return id
    }

    private func command(_ name: String, _ parameters: [String: Any]) async throws {
        _ = try await call(.POST, "/goog/cdp/execute", ["cmd": name, "params": parameters])
    }

    private func call(_ method: HTTPMethod, _ path: String, _ body: [String: Any]? = nil) async throws -> JSONValue {
        let text = try body.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
        let answer = try await web.json(method, session + path, text)
        guard answer.status == 200 else { throw Refused(description: "\(path): \(answer.value)") }
        return answer.value["value"]
    }
}
