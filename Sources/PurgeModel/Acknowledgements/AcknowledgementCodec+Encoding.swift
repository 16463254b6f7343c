extension AcknowledgementCodec {
    /// Writes an acknowledgement in its canonical form: fields sorted, no spaces.
    ///
    /// Durations lose what is below a millisecond (`fence_after_ms`) or a microsecond (`took_us`). These are the bytes
    /// that ``CanonicalJSON`` would write; a busy agent writes hundreds of them a second.
    package static func encode(_ acknowledgement: Acknowledgement) -> [UInt8] {
        var json = CanonicalJSONWriter()
        json.reserve(1000 + 250 * (acknowledgement.partitions.count + acknowledgement.recent.count))
        json.add("{\"agent\":")
        json.add(string: acknowledgement.agent)
        json.add(",\"cache\":")
        json.add(string: acknowledgement.cache)
        json.add(",\"counts\":")
        add(acknowledgement.counts, to: &json)
        if acknowledgement.drained { json.add(",\"drained\":true") }
        json.add(",\"fence\":")
        json.add(string: acknowledgement.fence.rawValue)
        json.add(",\"fence_after_ms\":", acknowledgement.fenceAfter.wholeMilliseconds)
        json.add(",\"instance\":")
        json.add(string: acknowledgement.instance)
        json.add(",\"machine\":", acknowledgement.machine)
        json.add(",\"partitions\":")
        json.add(list: acknowledgement.partitions, add)
        json.add(",\"problem\":", acknowledgement.problem)
        json.add(",\"recent\":")
        json.add(list: acknowledgement.recent, add)
        json.add(",\"region\":", acknowledgement.region)
        json.add(",\"sent_at\":")
        json.add(string: acknowledgement.sentAt.description)
        json.add(",\"software\":")
        json.add(string: acknowledgement.software)
        json.add(",\"status\":")
        json.add(string: acknowledgement.status.rawValue)
        if let tier = acknowledgement.tier {
            json.add(",\"tier\":{")
            json.add("\"above\":", tier.above)
            json.add("\(tier.above == nil ? "" : ",")\"guard_ms\":", tier.guardTime.wholeMilliseconds)
            json.add(",\"name\":")
            json.add(string: tier.name)
            json.add(",\"waiting\":", Int64(tier.waiting))
            json.add("}")
        }
        json.add("}")
        return json.bytes
    }

    private static func add(_ counts: AcknowledgementCounts, to json: inout CanonicalJSONWriter) {
        json.add("{\"bytes_indexed\":", counts.bytesIndexed)
        json.add(",\"bytes_removed\":", counts.bytesRemoved)
        json.add(",\"dead_letters\":", counts.deadLetters)
        json.add(",\"errors\":", counts.errors)
        json.add(",\"flushes\":", counts.flushes)
        json.add(",\"guard_removed\":", counts.guardRemoved)
        json.add(",\"objects_indexed\":", counts.objectsIndexed)
        json.add(",\"objects_removed\":", counts.objectsRemoved)
        json.add(",\"purges\":", counts.purges)
        json.add(",\"reclaim_waiting_bytes\":", counts.reclaimWaitingBytes)
        json.add(",\"reclaimed_bytes\":", counts.reclaimedBytes)
        json.add(",\"repaired\":", counts.repaired)
        json.add(",\"unmatched\":", counts.unmatched)
        json.add("}")
    }

    private static func add(_ progress: PartitionProgress, to json: inout CanonicalJSONWriter) {
        json.add("{\"applied\":", progress.applied)
        json.add(",\"applied_ranges\":")
        json.add(list: progress.appliedRanges) { range, json in
            json.add("[", range.lowerBound)
            json.add(",", range.upperBound)
            json.add("]")
        }
        if let effective = progress.effective { json.add(",\"effective\":", effective) }
        json.add(",\"high_watermark\":", progress.highWatermark)
        if let mark = progress.mark {
            json.add(",\"mark\":{\"fingerprint\":")
            json.add(string: mark.fingerprintText)
            json.add(",\"offset\":", mark.offset)
            json.add("}")
        }
        json.add(",\"partition\":", Int64(progress.partition))
        json.add(",\"queued\":", progress.queued)
        json.add("}")
    }

    private static func add(_ purge: RecentPurge, to json: inout CanonicalJSONWriter) {
        json.add("{\"applied_at\":")
        json.add(string: purge.appliedAt.description)
        json.add(",\"bytes\":", purge.bytes)
        json.add(",\"near\":", purge.near)
        json.add(",\"offset\":", purge.offset)
        json.add(",\"partition\":", Int64(purge.partition))
        json.add(",\"removed\":", Int64(purge.removed))
        json.add(",\"took_us\":", purge.took.wholeMicroseconds)
        json.add("}")
    }
}
