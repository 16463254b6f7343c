import Testing

@testable import EdgePurgeCommand

struct StyleTests {
    @Test(
        arguments: [
            (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
            (true, ["TERM": "dumb"], false), (true, ["TERM": "xterm"], true),
        ] as [(Bool, [String: String], Bool)])
    func `colours are for terminals whose owner did not say no`(
        isTerminal: Bool,
        environment: [String: String],
        expected: Bool
    ) {
        #expect(Style.isWanted(on: isTerminal, environment: environment) == expected)
    }

    @Test func `without colours nothing is added`() {
        #expect(Style(isOn: false).good("confirmed") == "confirmed")
        #expect(Style(isOn: true).good("confirmed") == "\u{1B}[32mconfirmed\u{1B}[0m")
    }
}
