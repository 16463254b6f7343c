import Foundation

/// Everything that is measured at one agent: scan, purges, size, memory.
struct AgentBenchmark {
    let workspace: Workspace
    let objects: Int

    /// Purges of 1,000 objects measured at each size.
    private static let repetitions = 10
    /// Files of the bare unlink loop, at most.
    private static let unlinkMax = 100_000

    /// Measures and adds the rows.
    func run(into report: inout Report) async throws {
        let small = try Cache("small", objects / 10, workspace)
        let large = try Cache("large", objects, workspace)
        Progress.show("making \(objects + objects / 10) cache files")
        try small.make()
        try large.make()
        let smallAgent = try await AgentUnderTest("small", cache: small.path, workspace: workspace)
        _ = try smallAgent.indexed(small.files.count)
        try await smallAgent.idle()
        let agent = try await scan(large, &report)
        try size(agent, &report)
        try await purgeCategories(large, agent, smallAgent, &report)
        smallAgent.stop()
        try await purgeHalf(large, agent, &report)
        let memory = try (now: agent.memoryKiB("VmRSS"), peak: agent.memoryKiB("VmHWM"))
        report.add(
            "resident memory, MB (peak \(memory.peak / 1024))", ours: "\(memory.now / 1024) MB", bare: "",
            ratio: Double(memory.now) / 1024, .atMost(150)
        )
        agent.stop()
    }

    /// A cache directory and what is in it.
    private struct Cache {
        let path: String
        let files: CacheFiles
        let bare: BareFiles

        init(_ name: String, _ count: Int, _ workspace: Workspace) throws {
            path = "\(workspace.path)/\(name)-cache"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            files = CacheFiles(count: count)
            bare = try BareFiles(directory: path)
        }

        func make() throws { try files.make(in: bare) }
    }

    private func scan(_ cache: Cache, _ report: inout Report) async throws -> AgentUnderTest {
        Progress.show("first scan")
        let paths = try cache.bare.paths()
        // Once without the clock, so that every measured pass finds the files in memory.
        _ = try cache.bare.read(paths)
        let before = try cache.bare.read(paths)
        let agent = try await AgentUnderTest("large", cache: cache.path, workspace: workspace)
        let took = try agent.indexed(objects)
        try await agent.idle()
        let after = try cache.bare.read(paths)
        let count = Double(objects)
        report.add(
            "first scan against open, read, close", ours: count / took.seconds,
            bare: count / ((before + after) / 2).seconds, unit: " files/s", .atLeast(0.8)
        )
        return agent
    }

    private func size(_ agent: AgentUnderTest, _ report: inout Report) throws {
        let perObject = Double(try agent.diskBytes()) / Double(objects)
        report.add(
            "index bytes on disk per object, 5 tags", ours: Report.text(perObject, digits: 1), bare: "",
            ratio: perObject, .atMost(120)
        )
    }

    private func purgeCategories(
        _ cache: Cache, _ agent: AgentUnderTest, _ smallAgent: AgentUnderTest, _ report: inout Report
    ) async throws {
        Progress.show("purges of 1,000 objects")
        let walk = try cache.bare.walk(lookingFor: cache.files.absentKey)
        guard walk.files == objects else { throw BenchmarkError("\(walk.files) files instead of \(objects)") }
        var took = Samples()
        var applied = Samples()
        var smallTook = Samples()
        let repetitions = min(Self.repetitions, objects / 10 / CacheFiles.categorySize)
        for number in 0..<repetitions {
            let result = try await agent.purge(tag: CacheFiles.category(number))
            let small = try await smallAgent.purge(tag: CacheFiles.category(number))
            guard result.removed == CacheFiles.categorySize, small.removed == CacheFiles.categorySize else {
                throw BenchmarkError("\(result.removed) and \(small.removed) objects purged instead of 1000")
            }
            took.add(result.took)
            applied.add(result.untilAcknowledged)
            smallTook.add(small.took)
        }
        report.add(
            "purge 1,000 by tag against a directory walk", ours: took.median.milliseconds, bare: walk.took.milliseconds,
            ratio: walk.took / took.median, .atLeast(100)
        )
        report.add(
            "the same, produced to acknowledged", ours: applied.median.milliseconds, bare: walk.took.milliseconds,
            ratio: walk.took / applied.median, .atLeast(100)
        )
        report.add(
            "purge 1,000 with 10 times the objects", ours: took.median.milliseconds,
            bare: smallTook.median.milliseconds, ratio: took.median / smallTook.median, .atMost(1.3)
        )
    }

    private func purgeHalf(_ cache: Cache, _ agent: AgentUnderTest, _ report: inout Report) async throws {
        Progress.show("purge of half of all objects")
        // The files that the purge leaves alone: one half overwritten before it, the other after it.
        let others = stride(from: 1, to: objects, by: 2).map(cache.files.path)
        let before = try cache.bare.overwriteVersion(others[..<(others.count / 2)])
        let result = try await agent.purge(tag: CacheFiles.kind(0))
        guard result.removed >= objects / 2 - Self.repetitions * CacheFiles.categorySize else {
            throw BenchmarkError("only \(result.removed) objects purged")
        }
        try await agent.idle()
        let after = try cache.bare.overwriteVersion(others[(others.count / 2)...])
        let rate = Double(result.removed) / result.took.seconds
        report.add(
            "objects purged against open, pwrite, close", ours: rate,
            bare: Double(others.count) / (before + after).seconds, unit: " objects/s", .atLeast(0.5)
        )
        let removed = others.prefix(Self.unlinkMax)
        let unlinking = try cache.bare.unlink(removed)
        report.add(
            "objects purged against unlink", ours: rate, bare: Double(removed.count) / unlinking.seconds,
            unit: " objects/s", .atLeast(1)
        )
    }
}
