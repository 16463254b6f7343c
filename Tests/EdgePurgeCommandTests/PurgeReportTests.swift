import FoundationEssentials
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct PurgeReportTests {
    private func outcome(_ json: String) throws -> ConfirmationWaiter.Outcome {
        let answer = HTTPAnswer(status: 200, headers: [:], body: Data(json.utf8))
        return ConfirmationWaiter.Outcome(progress: try answer.decoded(), answer: answer)
    }

    private static func json(state: String, applied: Int) -> String {
        """
        {"id":"6f1c0a5e3d2b4c7f8e9a0b1c2d3e4f50","zone":"z","mode":"delete","source":"api",
        "state":"\(state)","removed":42,"accepted_at":"2026-11-21T10:12:45.401Z","selectors":{"everything":true},
        "scope":["*"],"partition":0,"offset":7,
        "bytes":1258291,"time_to_confirmed_ms":12,
        "agents":{"expected":3,"applied":\(applied),"safe":0,"pending":1,"missing":0,
        "conflicted":0},"by_agent":[],"something_new":1}
        """
    }

    @Test func `a confirmed purge is told in one line`() throws {
        let progress = try #require(try outcome(Self.json(state: "confirmed", applied: 3)).progress)
        #expect(progress.isConfirmed)
        #expect(progress.line(elapsed: 99) == "3/3 agents, 12 ms")
        #expect(progress.removedText == "42 objects, 1.2 MiB")
        try PurgeReport(wantsJSON: true).show(
            try outcome(Self.json(state: "confirmed", applied: 3)), id: "x", awaited: .confirmed)
    }

    @Test func `what a purge has to tell besides stands below it, a line each`() throws {
        let messages =
            #"[{"code":"matched_nothing","message":"It matched\n nothing."},{"code":"new","message":"More."}]"#
        let json = Self.json(state: "confirmed", applied: 3).replacing(
            #""by_agent":[]"#, with: #""messages":\#(messages)"#)
        let progress = try #require(try outcome(json).progress)
        let lines = PurgeReport.text(progress).split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3 && lines[1].hasPrefix("note: It matched") && lines[2] == "note: More.")
    }

    @Test(arguments: [true, false])
    func `what is not confirmed ends with 3`(wantsJSON: Bool) throws {
        do {
            try PurgeReport(wantsJSON: wantsJSON).show(
                try outcome(Self.json(state: "pending", applied: 2)), id: "x", awaited: .effective)
            Issue.record("no failure")
        } catch let failure as CommandFailure {
            #expect(failure.exit == .unconfirmed)
        }
    }

    @Test func `a purge that is effective and not confirmed says so, and is enough for whoever waited for that`() throws
    {
        let json = Self.json(state: "pending", applied: 2).replacing(
            #""time_to_confirmed_ms":12"#, with: #""effective":true,"time_to_effective_ms":3"#)
        let report = PurgeReport(wantsJSON: true)
        try report.show(try outcome(json), id: "x", awaited: .effective)
        #expect(throws: CommandFailure.self) { try report.show(try outcome(json), id: "x", awaited: .confirmed) }
        let progress = try #require(try outcome(json).progress)
        #expect(progress.stateWord == "effective")
        let text = PurgeReport.text(progress)
        #expect(text.contains("effective") && text.contains("2/3 agents (1 pending), effective after 3 ms; removed 42"))
        let confirmed = Self.json(state: "confirmed", applied: 3).replacing(
            #""time_to_confirmed_ms":12"#, with: #""effective":true,"time_to_effective_ms":3,"time_to_confirmed_ms":12"#
        )
        let done = try #require(try outcome(confirmed).progress)
        #expect(PurgeReport.text(done).contains("3/3 agents, 12 ms, effective after 3 ms; removed 42"))
    }

    @Test func `a purge whose outcome is not known was not refused`() {
        let id = String(repeating: "0f", count: 16)
        let message = "It is not known: x. It may still happen, as GET /v1/purges/\(id) would show"
        let named = PurgeCommand.unknownOutcome(message, id: nil)
        #expect(named.contains("`edge-purge status \(id) --wait`") && !named.contains("refused"))
        #expect(PurgeCommand.unknownOutcome(message, id: "aa").contains("`edge-purge status aa --wait`"))
        #expect(PurgeCommand.unknownOutcome("", id: nil).contains("`edge-purge status ID --wait`"))
    }

    @Test func `a purge that nobody knows yet ends with 3 too`() {
        do {
            try PurgeReport(wantsJSON: true).show(ConfirmationWaiter.Outcome(), id: "x", awaited: .confirmed)
            Issue.record("no failure")
        } catch {
            #expect(error.exit == .unconfirmed)
            #expect(error.message.contains("edge-purge status x --wait"))
        }
    }

    @Test func `an answer of another shape is an error that shows it`() throws {
        let answer = HTTPAnswer(status: 200, headers: [:], body: Data("<html>\u{7}gateway</html>".utf8))
        do {
            let progress: PurgeStatus = try answer.decoded()
            Issue.record("read as \(progress)")
        } catch {
            #expect(error.message.contains("<html>?gateway</html>"))
        }
    }
}
