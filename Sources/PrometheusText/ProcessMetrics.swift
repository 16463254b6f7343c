/// The metrics that every program has, under Prometheus' own names for them.
package enum ProcessMetrics {
    private static let cpu = Metric.counter(
        "process_cpu_seconds_total", "Processor time of this process, of user and system together.")
    private static let resident = Metric.gauge(
        "process_resident_memory_bytes", "Memory of this process that is in RAM.")
    private static let virtual = Metric.gauge("process_virtual_memory_bytes", "Address space of this process.")
    private static let threads = Metric.gauge("process_threads", "Threads of this process.")
    private static let startTime = Metric.gauge(
        "process_start_time_seconds", "When this process started, in seconds since 1970.")
    private static let openFiles = Metric.gauge("process_open_fds", "File descriptors that are open.")
    private static let openFilesMax = Metric.gauge("process_max_fds", "File descriptors that may be open at once.")

    /// All of them, for a catalogue.
    package static let all = [cpu, resident, virtual, threads, startTime, openFiles, openFilesMax]

    /// Writes what is known of this process; nothing where there is no `/proc`.
    package static func write(into writer: inout MetricWriter) {
        guard let statistics = ProcessStatistics.current() else { return }
        writer.write(cpu, statistics.cpuSeconds)
        writer.write(resident, statistics.residentBytes)
        writer.write(virtual, statistics.virtualBytes)
        writer.write(threads, statistics.threads)
        if let value = statistics.startTime { writer.write(startTime, value) }
        if let value = statistics.openFiles { writer.write(openFiles, value) }
        if let value = statistics.openFilesMax { writer.write(openFilesMax, value) }
    }
}
