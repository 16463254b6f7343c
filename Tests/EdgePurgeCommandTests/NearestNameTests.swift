import Testing

@testable import EdgePurgeCommand

struct NearestNameTests {
    private let known = [
        "agent.id", "agent.region", "kafka.bootstrap_servers", "kafka.client_id", "caches.0.path", "log.level",
    ]

    @Test(arguments: [
        ("agent.idd", "agent.id"), ("agnet.id", "agent.id"), ("kafka.bootstrap_server", "kafka.bootstrap_servers"),
        ("kafka.bootstrapservers", "kafka.bootstrap_servers"), ("caches.0.pth", "caches.0.path"),
        ("bootstrap_servers", "kafka.bootstrap_servers"), ("agent.client_id", "kafka.client_id"),
    ])
    func `a slip of the pen and a wrong section are recognised`(name: String, expected: String) {
        #expect(NearestName.nearest(to: name, among: known) == expected)
    }

    @Test(arguments: ["foo.bar", "something", ""])
    func `nothing is named when nothing is near`(name: String) {
        #expect(NearestName.nearest(to: name, among: ["kafka.client_id", "listen.connections_max"]) == nil)
    }

    @Test(arguments: [
        ("", "", 0), ("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("abc", "ab", 1), ("kitten", "sitting", 3),
    ])
    func `the distance counts single slips`(first: String, second: String, expected: Int) {
        #expect(NearestName.distance(first, second) == expected)
        #expect(NearestName.distance(second, first) == expected)
    }
}
