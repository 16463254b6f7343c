import ArgumentParser
import FoundationEssentials
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct UpkeepCommandTests {
    private func progress(_ json: String) throws -> UpkeepAnswer {
        try HTTPAnswer(status: 200, headers: [:], body: Data(json.utf8)).decoded()
    }

    @Test func `a verification is told in words`() throws {
        let answer = try progress(
            #"""
            {"task":{"id":1,"kind":"verify","state":"done","handled":1234,"accepted_at":"2026-11-24T09:00:00.000Z",
            "report":{"unindexed_files":2,"vanished_files":0,"replaced_files":0,"incomplete_objects":1,
            "dangling_entries":0,"unused_names":7}}}
            """#)
        let text = VerifyCommand.text(answer.task)
        #expect(text.contains("1234 files and entries compared, 3 repaired; 7 unused names"))
        #expect(answer.task.report?.repaired == 3)
    }

    @Test func `a cache that could not be compared is told`() throws {
        let answer = try progress(
            #"""
            {"task":{"id":1,"kind":"verify","state":"done","handled":0,"accepted_at":"2026-11-24T09:00:00.000Z",
            "report":{"unindexed_files":0,"vanished_files":0,"replaced_files":0,"incomplete_objects":0,
            "dangling_entries":0,"unused_names":0,"not_compared":["/var/cache/nginx/edge"]}}}
            """#)
        #expect(VerifyCommand.text(answer.task).contains("looked through: /var/cache/nginx/edge"))
    }

    @Test func `the live line says what is being done, and what keeps it from going on`() throws {
        let accepted = #""accepted_at":"2026-11-24T09:00:00.000Z""#
        let waiting = try progress(#"{"task":{"id":1,"kind":"flush","state":"waiting","handled":0,\#(accepted)}}"#)
        #expect(waiting.line == "flush: waiting")
        let stuck = try progress(
            #"{"task":{"id":1,"kind":"flush","state":"running","handled":5,\#(accepted)},"problem":"disk full"}"#)
        #expect(stuck.line == "flush: 5 handled; it cannot go on: disk full")
    }

    @Test func `flush takes a mode, and caches`() throws {
        let command = try FlushCommand.parse(["--mode", "invalidate", "--cache", "/a", "--cache", "/b"])
        #expect(command.mode == "invalidate")
        #expect(command.caches == ["/a", "/b"])
        #expect(throws: (any Error).self) { try FlushCommand.parse(["--mode", "soft"]) }
    }
}
