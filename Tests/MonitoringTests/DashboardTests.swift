import Foundation
import TestSupport
import Testing

/// The Grafana dashboard, as far as it can be checked without Grafana.
struct DashboardTests {
    private struct Dashboard: Decodable {
        struct Source: Decodable { var uid: String }
        struct Place: Decodable { var x, y, w, h: Int }
        struct Target: Decodable {
            var expr: String
            var datasource: Source
        }
        struct Panel: Decodable {
            var id: Int
            var type: String
            var title: String
            var gridPos: Place
            var datasource: Source?
            var targets: [Target]?
        }
        struct Variable: Decodable {
            var name: String
            var type: String
        }
        struct Templating: Decodable { var list: [Variable] }

        var title: String
        var panels: [Panel]
        var templating: Templating
    }

    private func dashboard() throws -> Dashboard {
        try JSONDecoder().decode(
            Dashboard.self, from: Data(MonitoringFiles.text("deploy/grafana/edge-purge.json").utf8))
    }

    @Test func `every panel asks the data source that the reader chooses`() throws {
        let dashboard = try dashboard()
        #expect(dashboard.templating.list.contains { $0.name == "datasource" && $0.type == "datasource" })
        for panel in dashboard.panels where panel.type != "row" {
            #expect(panel.datasource?.uid == "${datasource}", "\(panel.title)")
            #expect(panel.targets?.isEmpty == false, "\(panel.title)")
            for target in panel.targets ?? [] {
                #expect(!target.expr.isEmpty && target.datasource.uid == "${datasource}", "\(panel.title)")
            }
        }
    }

    @Test func `panels have ids of their own, fit the width, and do not overlap`() throws {
        let panels = try dashboard().panels
        #expect(Set(panels.map(\.id)).count == panels.count)
        for (index, panel) in panels.enumerated() {
            let place = panel.gridPos
            #expect(place.x >= 0 && place.x + place.w <= 24, "\(panel.title)")
            for other in panels[(index + 1)...] {
                let next = other.gridPos
                let isApart =
                    place.x + place.w <= next.x || next.x + next.w <= place.x || place.y + place.h <= next.y
                    || next.y + next.h <= place.y
                #expect(isApart, "\(panel.title) and \(other.title)")
            }
        }
    }

    @Test(.enabled(if: Tool.isInstalled("promtool"), "make test installs promtool (Debian package prometheus)"))
    func `Prometheus understands every question`() async throws {
        // As a recording rule each, because promtool checks rules; what Grafana puts in is replaced by something like
        // it.
        let expressions = try dashboard().panels.flatMap { $0.targets ?? [] }.map(\.expr)
        var rules = "groups:\n  - name: panels\n    rules:\n"
        for (number, expression) in expressions.enumerated() {
            let plain = expression.replacing("$__rate_interval", with: "5m").replacing("$agent", with: ".*")
            let quoted = plain.replacing("'", with: "''")
            rules += "      - record: panel_\(number)\n        expr: '\(quoted)'\n"
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "panels-\(UUID().uuidString).yaml")
        try rules.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let (isContent, said) = try await MonitoringFiles.promtool(["check", "rules", file.path])
        #expect(isContent && expressions.count > 20, "\(said)")
    }
}
