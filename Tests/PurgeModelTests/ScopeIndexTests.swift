import TestSupport
import Testing

@testable import PurgeModel

/// Attack: an event with 50,000 hosts and as many patterns, in the opposite order, kept agents and control planes busy
/// for three minutes: each host was compared with each pattern.
@Suite struct ScopeIndexTests {
    @Test func `it says what comparing with each pattern says`() throws {
        var random = SeededGenerator()
        let labels = ["a", "b", "ab", "c", "example", "com"]
        func name() -> String { (0..<random.number(1...4)).map { _ in random.pick(labels) }.joined(separator: ".") }
        for _ in 0..<3_000 {
            let patterns = try (0..<random.number(0...5)).map { _ in
                try HostPattern(
                    validating: random.pick(["*", name(), "*." + name(), name(), "*." + name(), "10.0.0.1", "[::1]"]))
            }
            let scope = Scope(patterns)
            let index = ScopeIndex(scope)
            for _ in 0..<5 {
                let host = try HostName(validating: random.pick([name(), name(), "10.0.0.1", "1.10.0.0.1.a", "[::1]"]))
                #expect(index.contains(host) == scope.contains(host), "\(host) \(patterns) seed \(random.seed)")
            }
        }
    }

    @Test(.timeLimit(.minutes(1))) func `tens of thousands of hosts are compared with as many patterns`() throws {
        let hosts = try (0..<20_000).map { try HostName(validating: "\($0).b") }
        let scope = Scope(hosts.reversed().map { .exact($0) })
        try Selectors(hosts: hosts).validate(in: scope)
    }
}
