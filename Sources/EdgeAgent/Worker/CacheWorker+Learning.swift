import LinuxFiles
import Logging
import PrometheusText
import PurgeModel
import RocksDB
import Threads

/// Learning what is cached.
extension CacheWorker {
    /// Directories compared with the index in one round; the watcher's queue may be short.
    private static let scanSteps = 16
    /// Files read before their index entries are written.
    private static let learnFiles = 2048

    /// Takes note of every file that changed; after an overflow everything is looked at again.
    func follow(_ run: inout Run) throws {
        let caches = caches
        let outcome: DrainOutcome
        do throws(FileError) {
            outcome = try watcher.drain { change in
                guard let name = CacheFileName(change.name), let levels = DirectoryLevels(directory: change.directory),
                    name.belongs(in: change.directory, levels: levels)
                else { return }
                run.unread.append(FileLocation(cache: caches[change.root].number, name: name, levels: levels))
            }
        } catch {
            guard error.isStale else { throw error }
            return try takeOverDirectories(&run)
        }
        if outcome == .overflowed {
            status.counters.watcherOverflows.increment()
            logger.warning(
                "the file watcher lost events; looking through all caches again before anything is acknowledged"
            )
            // The new scan compares with what the index has by then.
            try endLoad(&run)
            beginScan(&run)
        }
    }

    /// Walks on through the caches, as far as a round should take.
    func scan(_ run: inout Run) throws {
        var steps = 0
        let isLoading = run.loader != nil
        while !run.scans.isEmpty, (isLoading ? run.found : run.unread).count < Self.learnFiles, steps < Self.scanSteps {
            steps += 1
            let goesOn = try run.scans[0].step(index) { file in
                if isLoading { run.found.append(file) } else { run.unread.append(file) }
            }
            if !goesOn { run.scans.removeFirst() }
        }
        if isLoading { try load(&run) }
        guard run.scans.isEmpty, status.isScanning else { return }
        try endLoad(&run)
        try learn(&run, all: true)
        try finishFlushes(&run)
        guard run.flushes.isEmpty else { return }
        status.scanEnded()
        if let task = run.rebuilding { upkeep.finish(task) { $0.handled = Int(status.counts.objectsIndexed) } }
        run.rebuilding = nil
        logger.notice("caches are indexed", metadata: ["objects": "\(status.counts.objectsIndexed)"])
    }

    /// Reads the files that a scan found and gives them to the loader.
    private func load(_ run: inout Run) throws {
        guard let loader = run.loader else { return }
        // What an earlier round could not write comes first.
        try loader.spill()
        guard run.found.count >= Self.learnFiles || run.scans.isEmpty else { return }
        let inspections = try inspect(run.found, &run.buffer)
        var loaded = 0
        defer { run.found.removeFirst(loaded) }
        for (file, inspection) in zip(run.found, inspections) {
            switch inspection {
            case .object(let object): try loader.put(object)
            case .nothing: break
            case .skipped(let reason): report(reason, file, &run)
            }
            loaded += 1
        }
    }

    /// Makes what was loaded part of the index; from then on changes are written one by one.
    func endLoad(_ run: inout Run) throws {
        guard let loader = run.loader else { return }
        // Those found but not yet read are told apart from what is in the index like all others.
        run.unread += run.found
        run.found = []
        try loader.finish { loader.totals.put(into: &$0, index.meta) }
        status.indexChanged(by: loader.totals)
        run.loader = nil
        try run.writer.forgetUnwritten()
    }

    /// Reads the files that were noted and writes what they are to the index.
    func learn(_ run: inout Run, all: Bool) throws {
        var learnt = 0
        defer { run.unread.removeFirst(learnt) }
        while learnt < run.unread.count, all || run.unread.count - learnt >= Self.learnFiles {
            var seen: Set<FileLocation> = []
            let piece = run.unread[learnt...].prefix(Self.learnFiles)
            let files = piece.filter { seen.insert($0).inserted }
            let inspections = try inspect(files, &run.buffer)
            do {
                try note(files, inspections, &run)
            } catch {
                // Numbers that were given out in vain must not be used again.
                try run.writer.forgetUnwritten()
                throw error
            }
            learnt += piece.count
        }
    }

    /// Writes what was read off files to the index.
    private func note(_ files: [FileLocation], _ inspections: [NginxCache.Inspection], _ run: inout Run) throws {
        var batch = WriteBatch()
        run.writer.beginBatch()
        var change = IndexTotals()
        for (file, inspection) in zip(files, inspections) {
            switch inspection {
            case .object(let object):
                change += try run.writer.put(object, into: &batch)
                noteLanded(object, into: &batch, &run)
            case .nothing: change += try run.writer.remove(file, from: &batch)
            case .skipped(let reason):
                change += try run.writer.remove(file, from: &batch)
                report(reason, file, &run)
            }
        }
        try write(&batch, change)
    }

    /// Reads files, on several threads where there are many.
    private func inspect(_ files: [FileLocation], _ buffer: inout [UInt8]) throws -> [NginxCache.Inspection] {
        guard files.count >= 64 else {
            return try files.map { try inspect($0, &buffer) }
        }
        return try ParallelMap.map(files, threads: settings.fileThreads) { files in
            var buffer: [UInt8] = []
            return try files.map { try self.inspect($0, &buffer) }
        }
    }

    func inspect(_ file: FileLocation, _ buffer: inout [UInt8]) throws -> NginxCache.Inspection {
        try cache(file)?.inspect(file.name, levels: file.levels, buffer: &buffer) ?? .nothing
    }

    /// The cache that a file is in; nil for a cache path that is no longer configured.
    func cache(_ file: FileLocation) -> NginxCache? {
        caches.first { $0.number == file.cache }
    }

    /// Each reason is counted every time and logged once.
    private func report(_ reason: SkippedFile, _ file: FileLocation, _ run: inout Run) {
        status.skipped(reason)
        guard run.named.insert(reason.name).inserted, let cache = cache(file) else { return }
        logger.warning(
            "left a file alone: \(reason); further ones are only counted",
            metadata: ["file": "\(cache.path)/\(file.name.path(levels: file.levels))"]
        )
    }
}
