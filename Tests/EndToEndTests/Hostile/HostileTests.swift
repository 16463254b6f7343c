import Foundation
import Kafka
import NIOHTTP1
import TestSupport
import Testing

/// All hostile tenants at once: what a purge of another tenant takes meanwhile.
///
/// `make hostile DURATION=60`; a short run is part of all tests.
@Suite(.offPool, .timeLimit(.minutes(10))) struct HostileTests {
    /// How many times as long the honest tenant's purges may take at the median; among all tests that says nothing:
    /// these use the processors too, and so do the hostile tenants themselves.
    private static let ratioMax = 5.0
    /// Memory that it may cost.
    private static let memoryMax = 256 << 20

    /// An honest tenant.
    private struct Tenant: Sendable {
        let control: OwnControlPlane
        let token: String

        /// Sends purges one after the other, so many and until a moment.
        ///
        /// - Returns: how long each took, and the id of the last.
        func purge(
            _ count: Int, until end: ContinuousClock.Instant? = nil, _ name: String
        ) async throws -> (times: [Duration], last: String) {
            var times: [Duration] = []
            var last = ""
            while times.count < count || end.map({ .now < $0 }) == true {
                let begin = ContinuousClock.now
                let answer = try await control.web.json(
                    .POST, control.url + "/v1/purges",
                    #"{"zone":"shop.example","selectors":{"urls":["http://shop.example/\#(name)/\#(times.count)"]}}"#,
                    token: token)
                times.append(begin.duration(to: .now))
                #expect(answer.status == 200, "\(answer)")
                last = try answer.value["id"].text.required
            }
            return (times, last)
        }

        /// Whether a purge is there.
        func knows(_ id: String) async throws -> Bool {
            try await control.web.json(.GET, control.url + "/v1/purges/\(id)", token: token).status == 200
        }
    }

    @Test func `purges are taken while other tenants do their worst, and what is accepted has an id`() async throws {
        let plan = HostilePlan()
        var permissions = ["honest": "cache_purge"]
        for (load, name) in plan.hostile { permissions[name] = load.permission }
        let cluster = try MockCluster()
        defer { cluster.close() }
        for topic in ["purge.events", "purge.acks"] { try cluster.createTopic(topic, partitions: 4) }
        try await HostileHistory.write(plan.history, to: cluster)
        let took = try await OwnControlPlane.run(cluster, permissions: permissions) { control in
            try await Self.compare(Tenant(control: control, token: try control.tokens["honest"].required), plan)
        }
        try Self.tell("  SIGTERM ended it after \(took)")
    }

    private static func compare(_ tenant: Tenant, _ plan: HostilePlan) async throws {
        let control = tenant.control
        let tally = HostileTally()
        var report = OverloadReport(title: "hostile tenants, \(plan.tenants) of each kind")
        let (idle, open) = try await tenant.purge(plan.purges, "idle")
        report.idle.times = idle
        let before = ProcessMemory.resident(control.process)
        report.rows = try await withThrowingTaskGroup(of: Void.self) { group in
            for (load, name) in plan.hostile {
                let token = try control.tokens[name].required
                let width = load.width(isShort: plan.isShort)
                for worker in 0..<width {
                    group.addTask {
                        await Self.attack(control, load, token, open: open, numbers: (worker, width), tally)
                    }
                }
            }
            group.addTask {
                while (try? await Task.sleep(for: .milliseconds(50))) != nil {
                    tally.note(memory: ProcessMemory.resident(control.process))
                }
            }
            let end = plan.duration.map { ContinuousClock.now + $0 }
            let (times, last) = try await tenant.purge(plan.purges, until: end, "busy")
            #expect(try await tenant.knows(last))
            group.cancelAll()
            return [.init(name: "all of them", times: times, controlBytes: max(0, tally.mostMemory - before))]
        }
        try tell("\(report)\n\(tally.lines.joined(separator: "\n"))")
        for row in report.rows {
            if !plan.isShort { #expect(report.ratio(row, 0.5) <= ratioMax) }
            #expect(row.controlBytes < memoryMax)
        }
    }

    /// Does the same again and again, until it is cancelled.
    private static func attack(
        _ control: OwnControlPlane, _ load: HostileLoad, _ token: String, open: String,
        numbers: (first: Int, step: Int), _ tally: HostileTally
    ) async {
        var number = numbers.first
        while !Task.isCancelled {
            // What breaks off has no answer, and begins again.
            let answer = try? await load.step(port: control.port, token: token, purge: open, number: number)
            number += numbers.step
            // HTTP/1.1 200 OK
            let status = String(answer?.dropFirst(9).prefix(3) ?? "")
            tally.count(status, of: load)
            if load == .waits, status == "200", let answer {
                #expect(answer.contains(#""id":""#), "\(answer)")
            }
        }
    }

    private static func tell(_ text: String) throws {
        try FileHandle.standardOutput.write(contentsOf: Data("\(text)\n".utf8))
    }
}
