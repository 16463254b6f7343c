import Foundation
import Testing

/// Configurations of nginx as people have them, drawn by a seed: whatever a visitor asked for, a purge of it by any
/// selector is the end of the old page, and of no other.
///
/// `make cases COUNT=200 SEED=7`; a handful of one seed is part of all tests.
@Suite(.serialized) struct CacheCaseTests {
    @Test func `what was purged is gone, and the rest is there, whatever the keys and modules`() async throws {
        let plan = CasePlan()
        var report = CaseReport()
        for numbers in plan.groups {
            do {
                var run = try CaseRun(plan, numbers)
                try await run.run()
                report.add(run.report)
            } catch {
                Issue.record(error, "SEED=\(plan.seed), configurations \(numbers)")
            }
            report.cases += numbers.count
        }
        try FileHandle.standardOutput.write(contentsOf: Data("SEED=\(plan.seed): \(report.summary)\n".utf8))
        let isGood = report.isGood
        #expect(isGood, "SEED=\(plan.seed): \(report)")
        #expect(report.visits > 0)
    }
}
