import Foundation
import LinuxFiles
import PurgeModel
import Testing

@testable import EdgePurgeCommand

struct WatchScreenTests {
    private func decoded<Value: Decodable>(_ json: String) throws -> Value {
        try HTTPAnswer(status: 200, headers: [:], body: Data(json.utf8)).decoded()
    }

    private func picture(agents: Int, purges: Int, odd: String = "") throws -> WatchPicture {
        let agentList = (0..<agents).map {
            #"{"agent":"edge-\#($0)\#(odd)","status":"live","silence_ms":\#($0 == 1 ? 42_000 : 3),"lag":\#($0),"#
                + #""fenced":false,"drained":false,"expected":true,"conflicted":false,"partitions":[]}"#
        }
        let purgeList = (0..<purges).map {
            #"{"id":"\#($0)00000000000000000000000000000000","state":"\#($0 == 0 ? "pending" : "confirmed")","#
                + #""accepted_at":"2026-11-21T10:12:45.401Z","selectors":{"tags":["tag-\#($0)\#(odd)"]},"#
                + #""agents":{"expected":3,"applied":3,"safe":0,"pending":0,"missing":\#($0 == 0 ? 1 : 0),"#
                + #""conflicted":0},"zone":"z","mode":"delete","source":"api","scope":["*"],"partition":0,"#
                + #""offset":\#($0),"removed":0,"bytes":0}"#
        }
        let list: AgentList = try decoded("{\"agents\":[\(agentList.joined(separator: ","))]}")
        let all: PurgePage = try decoded("{\"purges\":[\(purgeList.joined(separator: ","))]}")
        return WatchPicture(
            at: Date(timeIntervalSince1970: 0), agents: list.byNeed, purges: all.purges,
            times: try decoded(#"{"window_s":3600,"step_s":60,"count":2,"p50_ms":24,"p99_ms":61,"points":[]}"#),
            json: "{}")
    }

    private let plain = WatchScreen(address: "http://127.0.0.1:7480", style: Style(isOn: false))

    @Test func `a screen of any size is never overrun`() throws {
        for agents in [0, 1, 3, 40] {
            for purges in [0, 1, 9, 100] {
                let picture = try picture(agents: agents, purges: purges)
                for rows in 1...60 {
                    for columns in [1, 2, 20, 80, 300] {
                        let lines = plain.lines(
                            of: picture, problem: nil, size: TerminalSize(columns: columns, rows: rows))
                        #expect(lines.count <= rows, "\(agents) agents, \(purges) purges, \(columns)x\(rows)")
                        #expect(lines.allSatisfy { $0.count <= columns })
                    }
                }
            }
        }
    }

    @Test func `what needs somebody stands first, and what has no room is counted`() throws {
        let picture = try picture(agents: 40, purges: 100)
        let lines = plain.lines(of: picture, problem: nil, size: TerminalSize(columns: 120, rows: 30))
        #expect(lines[1] == "39/40 agents live, 1 purge pending, lag 39, p50 24 ms, p99 61 ms")
        #expect(lines[4].contains("edge-1 ") && lines[4].contains("SILENT") && lines[4].contains("42.0 s"))
        #expect(lines.contains { $0.hasPrefix("AGENT") && $0.hasSuffix("(29 more)") })
        #expect(lines.contains { $0.contains("STUCK") && $0.contains("tag tag-0") && $0.contains("10:12:45") })
        #expect(picture.problems == ["edge-1: silent for 42.0 s"])
    }

    @Test func `an old picture says that it is old, and why`() throws {
        let screen = WatchScreen(address: "http://a", style: Style(isOn: true))
        let lines = screen.lines(
            of: try picture(agents: 2, purges: 2), problem: "it cannot be reached\nmore",
            size: TerminalSize(columns: 120, rows: 30))
        #expect(lines[1] == Style(isOn: true).bad("it cannot be reached"))
        #expect(lines.filter { $0.contains("edge-") || $0.contains("tag-") }.allSatisfy { $0.hasPrefix("\u{1B}[2m") })
    }

    @Test func `a log has full times in UTC, and a short line for a look that failed`() throws {
        let failure = CommandFailure("nobody at \"x\": refused.\nStart it with …", isConnection: true)
        let client = try ControlClient(address: nil, environment: [:])
        var lines = WatchLines(client: client, interval: .seconds(1), wantsJSON: false)
        let at = Date(timeIntervalSince1970: 1_700_000_000)
        #expect(try lines.text(of: failure, at: at) == "2023-11-14T22:13:20Z  nobody at \"x\": refused")
        #expect(lines.text(of: try picture(agents: 1, purges: 0)).hasPrefix("1970-01-01T00:00:00Z  1/1 agents live"))
        lines.wantsJSON = true
        let json = try lines.text(of: failure, at: at)
        #expect(json == #"{"at":"2023-11-14T22:13:20Z","problem":"nobody at \"x\": refused"}"#)
    }

    @Test func `before the first answer there is a screen, with the reason`() {
        let lines = plain.lines(of: .nothing, problem: "refused", size: TerminalSize(columns: 80, rows: 24))
        #expect(lines[1] == "refused")
    }

    @Test func `nothing that a cache or a purge says can move the cursor`() throws {
        let picture = try picture(agents: 3, purges: 3, odd: #"\u001b[2J\u0007\n\u009b"#)
        let lines = plain.lines(of: picture, problem: "\u{1B}[2Jgone", size: TerminalSize(columns: 200, rows: 40))
        for line in lines + picture.problems {
            #expect(line.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }, "\(line)")
        }
    }
}
