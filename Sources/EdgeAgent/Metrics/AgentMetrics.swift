package import PrometheusText

/// The metrics of an agent, each declared once.
///
/// The names are an interface: rules and dashboards in `deploy/`, and those of operators, use them.
package enum AgentMetrics {
    static let info = Metric.gauge(
        "edge_purge_agent_info", labels: ["agent", "version", "region", "watcher"],
        "Always 1; the labels say who it is.")
    static let status = Metric.gauge(
        "edge_purge_agent_status", labels: ["status"], "1 for what the agent is doing, 0 for every other status.")
    static let problem = Metric.gauge(
        "edge_purge_agent_problem", labels: ["part"],
        "1 while this part (files, kafka, fence) cannot go on and tries again; the admin API and the log say why.")
    static let scanning = Metric.gauge(
        "edge_purge_agent_scanning",
        "1 while something in the caches is not known, because they are looked through or one of them fails; nothing "
            + "is acknowledged meanwhile.")
    static let fenced = Metric.gauge(
        "edge_purge_agent_fenced", "1 while the caches are bypassed: every request goes to the origin.")
    static let fenceReason = Metric.gauge(
        "edge_purge_agent_fence_reason", labels: ["reason"],
        "1 for why the caches should be bypassed, 0 for every other reason.")
    static let fenceMode = Metric.gauge(
        "edge_purge_agent_fence_mode", labels: ["mode"],
        "1 for the mode that the agent keeps to (off while it cannot write the file of the fence), 0 for every other.")

    static let clockAhead = Metric.gauge(
        "edge_purge_agent_clock_ahead_seconds",
        "By how much the clock of this machine is ahead of the times in Kafka's messages; negative: behind; absent "
            + "while too few purges have come.")
    static let appliedOffset = Metric.gauge(
        "edge_purge_agent_applied_offset", labels: ["partition"], "Every purge below this offset is applied.")
    static let queuedOffset = Metric.gauge(
        "edge_purge_agent_queued_offset", labels: ["partition"],
        "Every purge below this offset is in the agent's queue.")
    static let highWatermark = Metric.gauge(
        "edge_purge_agent_high_watermark_offset", labels: ["partition"],
        "The offset after the last message of the partition, as far as the agent knows.")
    static let lag = Metric.gauge(
        "edge_purge_agent_lag_offsets", labels: ["partition"],
        "Offsets between the applied one and the end of the partition.")
    static let oldestUnapplied = Metric.gauge(
        "edge_purge_agent_oldest_unapplied_seconds",
        "How long ago the oldest purge in the queue was accepted; 0 while none waits.")
    static let queueEntries = Metric.gauge("edge_purge_agent_queue_entries", "Messages in the agent's queue.")
    static let tierWaiting = Metric.gauge(
        "edge_purge_agent_tier_waiting", "Purges that were applied here and wait for the tier above.")
    static let queueEntriesMax = Metric.gauge(
        "edge_purge_agent_queue_entries_max", "Messages at which reading from Kafka pauses.")

    static let purges = Metric.counter(
        "edge_purge_agent_purges_applied_total", labels: ["selector", "mode"],
        "Purges applied, by what they name (url, tag, host, prefix, everything, mixed) and mode.")
    static let applyDuration = Metric.histogram(
        "edge_purge_agent_apply_duration_seconds", "From a purge being in the queue to its being applied.")
    static let objectsRemoved = Metric.counter(
        "edge_purge_agent_objects_removed_total", "Objects deleted or marked stale, by purges, guard and flushes.")
    static let bytesRemoved = Metric.counter("edge_purge_agent_removed_bytes_total", "Bytes of those objects.")
    static let guardRemoved = Metric.counter(
        "edge_purge_agent_guard_removed_total", "Objects removed because their fetch had begun before a purge.")
    static let guards = Metric.gauge(
        "edge_purge_agent_guards", "Purges that stand as guards against fills that were in flight.")
    static let coarseGuards = Metric.gauge(
        "edge_purge_agent_coarse_guards",
        "Guards that mean more than their purges name, since their zones name more than is kept: extra misses.")
    static let guardUnproven = Metric.counter(
        "edge_purge_agent_guard_unproven_total",
        "Objects among those the guard removed of which nobody knows when they were fetched.")
    static let guardKept = Metric.counter(
        "edge_purge_agent_guard_kept_total", "Objects the guard let stay because they were fetched after the purge.")
    static let guardBadLines = Metric.counter(
        "edge_purge_agent_guard_bad_log_lines_total", "Lines of the access log in another format.")
    static let lateFillVisible = Metric.histogram(
        "edge_purge_agent_late_fill_visible_seconds", labels: ["reason"],
        "How long an object could be served that the guard then removed, from its landing or a 304: old or unproven.")
    static let answers = Metric.counter(
        "edge_purge_agent_ask_answers_total", labels: ["answer"],
        "Answers to nginx's questions: serve, marked (for this question), or why the cache must not be used.")
    static let waiting = Metric.gauge(
        "edge_purge_agent_ask_waiting",
        "Questions that wait for a response which another visitor's request is fetching.")
    static let waits = Metric.counter(
        "edge_purge_agent_ask_waits_total", labels: ["end"],
        "Questions that waited, by how it ended: renewed (something new is there), next (let through, for nothing new "
            + "came for a second), over (after ask.hold), left (nginx hung up).")
    static let flushes = Metric.counter(
        "edge_purge_agent_flushes_total", "Times everything was purged because purges may have been missed.")
    static let deadLetters = Metric.counter(
        "edge_purge_agent_dead_letters_total",
        "Messages that are no purges and are in the dead-letter topic, put there by this agent or by another one.")
    static let lettersWaiting = Metric.gauge(
        "edge_purge_agent_dead_letters_waiting", "Messages that are no purges and are not known to be in that topic.")
    static let lettersWaitingBytes = Metric.gauge(
        "edge_purge_agent_dead_letters_waiting_bytes",
        "Bytes that these take; beyond 64 MiB only reasons and places are kept.")
    static let lettersCut = Metric.counter(
        "edge_purge_agent_dead_letters_cut_total",
        "Dead letters that the topic was too small for: sent without value, headers or key, or not at all.")
    static let errors = Metric.counter(
        "edge_purge_agent_errors_total", "Failures of files or database that were tried again.")

    static let objects = Metric.gauge("edge_purge_agent_objects_indexed", "Objects in the index.")
    static let objectBytes = Metric.gauge(
        "edge_purge_agent_bytes_indexed", "Bytes of the cache files of these objects, each rounded up to KiB.")
    static let unmatched = Metric.gauge(
        "edge_purge_agent_unmatched_objects",
        "Objects of these whose cache key fits none of the configuration: purges by URL, host or prefix miss them.")
    static let checkedFiles = Metric.gauge(
        "edge_purge_agent_checked_files",
        "Cache files that the last look at some of each cache has read, at most 2,000 of each.")
    static let oddHostFiles = Metric.gauge(
        "edge_purge_agent_odd_host_files",
        "Files among these under a host that looks wrong: empty, a scheme, or without a dot.")
    static let unusedKeys = Metric.gauge(
        "edge_purge_agent_unused_cache_keys",
        "Cache keys of the configuration that none of these fits, where they are many.")
    static let skippedFiles = Metric.counter(
        "edge_purge_agent_skipped_files_total", labels: ["reason"],
        "Files in the caches that were left alone: truncated, not_a_cache_file, other_version.")
    static let droppedTags = Metric.counter(
        "edge_purge_agent_dropped_tags_total", labels: ["reason"],
        "Tags of stored responses by which no purge finds them: too_long, invalid (no tag), beyond_limit "
            + "(tags.header_bytes).")
    static let unreadableHeads = Metric.counter(
        "edge_purge_agent_unreadable_heads_total", labels: ["reason"],
        "Stored responses whose head could not be read to its end for tags: unknown_protocol, incomplete, "
            + "damaged_fastcgi, damaged_http2.")
    static let reclaimedFiles = Metric.counter(
        "edge_purge_agent_reclaimed_files_total", "Deleted files whose bytes were given back (files.reclaim).")
    static let reclaimedBytes = Metric.counter("edge_purge_agent_reclaimed_bytes_total", "Those bytes.")
    static let reclaimWaitingFiles = Metric.gauge(
        "edge_purge_agent_reclaim_waiting_files",
        "Deleted files that may be emptied yet, as far as they are remembered.")
    static let reclaimWaitingBytes = Metric.gauge(
        "edge_purge_agent_reclaim_waiting_bytes", "Bytes of these, at most.")
    static let reclaimGivenUp = Metric.counter(
        "edge_purge_agent_reclaim_given_up_total",
        "Deleted files that could not be emptied after several tries: their bytes stay until nginx takes them.")
    static let watcherOverflows = Metric.counter(
        "edge_purge_agent_watcher_overflows_total",
        "Times the file watcher lost events and all caches were scanned again.")
    static let repaired = Metric.counter(
        "edge_purge_agent_repaired_total", "Differences between index and disk that were found and repaired.")
    static let foundLate = Metric.counter(
        "edge_purge_agent_found_late_total",
        "Objects purged because the index had missed them, and they may have missed purges.")
    static let undoneMarks = Metric.counter(
        "edge_purge_agent_undone_marks_total", "Deleted objects that a 304 had brought back, deleted again.")
    static let databaseRebuilds = Metric.counter(
        "edge_purge_agent_database_rebuilds_total", "Times the database was damaged and made anew.")
    static let databaseBytes = Metric.gauge("edge_purge_agent_index_bytes", "Bytes of the index on disk.")
    static let databaseMemory = Metric.gauge(
        "edge_purge_agent_index_memory_bytes",
        "Bytes of the index in memory: block cache, write buffers, table readers.")

    static let kafkaErrors = Metric.counter(
        "edge_purge_agent_kafka_errors_total", "Failures of reading from Kafka that were tried again.")
    static let acknowledgements = Metric.counter(
        "edge_purge_agent_acknowledgements_total", "Acknowledgements that are in Kafka.")
    static let acknowledgementFailures = Metric.counter(
        "edge_purge_agent_acknowledgement_failures_total", "Acknowledgements that Kafka did not take.")
    static let acknowledgedAt = Metric.gauge(
        "edge_purge_agent_last_acknowledgement_timestamp_seconds",
        "When Kafka last took an acknowledgement, in seconds since 1970; absent before the first.")

    /// All of them, in the order in which they are written.
    package static let catalogue = MetricCatalogue(
        [
            info, status, problem, scanning, fenced, fenceReason, fenceMode, clockAhead, appliedOffset,
            queuedOffset, highWatermark, lag, oldestUnapplied,
            queueEntries, queueEntriesMax, tierWaiting, purges, applyDuration, objectsRemoved, bytesRemoved,
            guardRemoved, guards, coarseGuards,
            guardUnproven, guardKept, guardBadLines, lateFillVisible, answers, waiting, waits, flushes,
            deadLetters, lettersWaiting, lettersWaitingBytes, lettersCut, errors, objects, objectBytes, unmatched,
            checkedFiles, oddHostFiles, unusedKeys, skippedFiles, droppedTags, unreadableHeads,
            reclaimedFiles, reclaimedBytes, reclaimWaitingFiles, reclaimWaitingBytes, reclaimGivenUp,
            watcherOverflows, repaired, foundLate, undoneMarks, databaseRebuilds, databaseBytes, databaseMemory,
            kafkaErrors, acknowledgements, acknowledgementFailures, acknowledgedAt,
        ] + ProcessMetrics.all)
}
