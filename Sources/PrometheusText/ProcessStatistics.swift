import Foundation

/// What Linux tells of this process, in the units and under the names that Prometheus' own clients use.
package struct ProcessStatistics: Sendable, Equatable {
    /// Seconds of processor time, of user and system together.
    package var cpuSeconds: Double
    package var residentBytes: Int
    package var virtualBytes: Int
    package var threads: Int
    /// Seconds since 1970; nil when the time of the boot is not known.
    package var startTime: Double?
    package var openFiles: Int?
    package var openFilesMax: Int?

    /// Reads an entry of `/proc/self/stat` (proc(5)); nil when it has another form.
    /// - Parameters:
    ///   - stat: the line.
    ///   - bootTime: seconds since 1970 when the machine started.
    ///   - ticks: units of processor time in a second.
    ///   - pageBytes: bytes of a memory page.
    package init?(stat: String, bootTime: Double?, ticks: Double, pageBytes: Int) {
        // The second field is the program's name in parentheses and may hold anything, parentheses and spaces too.
        guard let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        // The first of these is field 3.
        func field(_ number: Int) -> Int? {
            number - 3 < fields.count ? Int(fields[number - 3].filter { !$0.isWhitespace }) : nil
        }
        guard let user = field(14), let system = field(15), let threads = field(20), let start = field(22),
            let virtual = field(23), let resident = field(24), ticks > 0
        else { return nil }
        cpuSeconds = Double(user) / ticks + Double(system) / ticks
        self.threads = threads
        virtualBytes = virtual
        residentBytes = resident.multipliedReportingOverflow(by: pageBytes).partialValue
        startTime = bootTime.map { $0 + Double(start) / ticks }
    }

    /// Reads those of this process now; nil where there is no `/proc`.
    package static func current() -> ProcessStatistics? {
        guard let stat = text("/proc/self/stat") else { return nil }
        let bootTime = text("/proc/stat").flatMap { value(after: "btime", in: $0) }.flatMap(Double.init)
        var statistics = ProcessStatistics(
            stat: stat, bootTime: bootTime, ticks: Double(sysconf(Int32(_SC_CLK_TCK))),
            pageBytes: sysconf(Int32(_SC_PAGESIZE)))
        statistics?.openFiles = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        statistics?.openFilesMax = text("/proc/self/limits").flatMap { value(after: "Max open files", in: $0) }
            .flatMap { Int($0) }
        return statistics
    }

    /// The word after the first words of a line.
    static func value(after name: String, in text: String) -> Substring? {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.dropFirst(name.count).split(separator: " ").first
    }

    private static func text(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
