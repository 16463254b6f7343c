/// What purges of single pages took while others flooded.
struct OverloadReport: Sendable, CustomStringConvertible {
    /// What was seen during one flood.
    struct Row: Sendable {
        var name: String
        /// From the request to the confirmation.
        var times: [Duration]
        /// Messages of the flood that were sent meanwhile.
        var messages = 0
        var isFenced = false
        /// Resident memory beyond that before the flood, at most, of the agent and of the control plane.
        var agentBytes = 0
        var controlBytes = 0

        func time(_ share: Double) -> Duration {
            let sorted = times.sorted()
            return sorted.isEmpty ? .zero : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        }
    }

    /// What was run, with everything that is needed to run it again.
    let title: String
    var idle = Row(name: "idle", times: [])
    var rows: [Row] = []

    /// How many times as long as with nothing else to do.
    func ratio(_ row: Row, _ share: Double) -> Double { row.time(share) / idle.time(share) }

    var description: String {
        let lines = ([idle] + rows).map { row in
            let name = row.name.padding(to: 58)
            let times = [0.5, 0.99].map { share in
                "\(Self.text(row.time(share))) (\(Self.text(ratio(row, share)))x)".padding(to: 20)
            }
            let memory = "\(row.agentBytes >> 20) / \(row.controlBytes >> 20)".padding(to: 14)
            let counts = "\(row.messages)".padding(to: 10) + "\(row.times.count)".padding(to: 7)
            return "  \(name)\(counts)\(times.joined())\(memory)"
                + (row.isFenced ? "fenced" : "")
        }
        let head =
            "  \("meanwhile".padding(to: 58))\("messages".padding(to: 10))\("purges".padding(to: 7))"
            + "\("p50".padding(to: 20))\("p99".padding(to: 20))MiB agent / control"
        return "\(title)\n\(head)\n\(lines.joined(separator: "\n"))"
    }

    private static func text(_ duration: Duration) -> String {
        let tenths = Int(duration / .microseconds(100))
        return "\(tenths / 10).\(tenths % 10) ms"
    }

    private static func text(_ ratio: Double) -> String {
        let tenths = Int((ratio * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
