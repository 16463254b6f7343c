import Testing

/// The folders of a module, and which of them may use which: the arrows of `docs/architecture.md`.
struct Rooms: Sendable, CustomTestStringConvertible {
    /// Its name in `Sources`.
    let module: String
    /// From each folder to those whose types it may name; the files beside the folders are ".".
    let allowed: [String: Set<String>]

    /// The modules whose arrows are held; the rooms of each from the bottom up.
    static let all = [edgeAgent, controlPlane, purgeModel]

    private static let edgeAgent = Rooms(
        module: "EdgeAgent",
        allowed: [
            "Runtime": [], "Configuration": [], "Objects": [], "LocalHTTP": [],
            // Configuration: its error, for a database that another version wrote.
            "Database": ["Configuration", "Objects"],
            "Index": ["Database", "Objects"],
            // Guard: a purge stands there from when it is queued.
            "Queue": ["Configuration", "Database", "Guard", "Runtime", "Tiers"],
            "Guard": ["Database", "Objects", "Runtime", "Tiers"],
            "Tiers": ["Database"],
            // Low, since every part tells it how it is, and it asks nobody.
            "Status": ["Database", "Runtime"],
            "Fence": ["Configuration", "Queue", "Runtime", "Status"],
            "Intake": ["Database", "Queue", "Runtime", "Status"],
            // An acknowledgement says whether the caches are fenced. The fence never learns what Kafka took of that.
            "Reporting": ["Configuration", "Fence", "Queue", "Runtime", "Status"],
            "Targets": ["Configuration", "Database", "Queue", "Runtime", "Status", "Tiers"],
            "Targets/Files": [
                "Configuration", "Database", "Guard", "Index", "Objects", "Queue", "Runtime", "Status", "Targets",
            ],
            // A format knows what it implements, and nobody above it but `Agent` knows the format.
            "Targets/Nginx": ["Configuration", "Objects", "Targets/Files", "Targets/Nginx/Heads"],
            // What upstreams speak: it knows nothing of files.
            "Targets/Nginx/Heads": ["Objects"],
            // It looks at the caches' files, and never at the queue or the worker.
            "Ask": ["Configuration", "Guard", "Index", "Objects", "Runtime", "Status", "Targets/Files"],
            "Metrics": ["Configuration", "Fence", "Index", "LocalHTTP", "Reporting", "Status", "Targets/Files"],
            // Metrics: the same numbers over the socket.
            "Admin": [
                "Fence", "Index", "LocalHTTP", "Metrics", "Objects", "Reporting", "Status", "Targets", "Targets/Files",
            ],
            "Agent": [
                "Admin", "Ask", "Configuration", "Database", "Fence", "Guard", "Index", "Intake", "Metrics", "Queue",
                "Reporting",
                "Objects", "Runtime", "Status", "Targets", "Targets/Files", "Targets/Nginx",
            ],
        ])

    private static let controlPlane = Rooms(
        module: "ControlPlane",
        allowed: [
            "Auth": [], "Dashboard": [], "Reloading": [], "Topics": [], "Zones": [],
            "Configuration": ["Auth", "Zones"],
            "Membership": ["Topics"],
            "Purges": ["Membership", "Topics"],
            "Collector": ["Membership", "Purges", "Topics"],
            // Above the collector: it moves what the collector changed to the disk, and answers for what left memory.
            "Store": ["Auth", "Collector", "Membership", "Purges", "Topics"],
            // How full the buckets are outlives the process.
            "Limits": ["Store"],
            "Producing": ["Auth", "Collector", "Limits", "Membership", "Topics", "Zones"],
            "Metrics": ["Collector", "Producing"],
            // What all dialects share; each is a folder beside it and knows no other.
            "API/HTTP": ["Auth", "Limits", "Metrics", "Producing"],
            "API/Cloudflare": ["API/HTTP", "Auth", "Producing", "Zones"],
            "API/Own": ["API/HTTP", "Auth", "Collector", "Membership", "Producing", "Purges", "Store", "Zones"],
            "API": [
                "API/Cloudflare", "API/HTTP", "API/Own", "Auth", "Collector", "Configuration", "Dashboard", "Limits",
                "Metrics", "Producing", "Store",
            ],
            "Serving": ["Configuration"],
            ".": [
                "API", "Auth", "Collector", "Configuration", "Limits", "Membership", "Producing", "Reloading",
                "Serving", "Store",
            ],
        ])

    private static let purgeModel = Rooms(
        module: "PurgeModel",
        allowed: [
            "Bytes": [], "Hashing": [], "Limits": [], "Text": [], "Time": [],
            "JSON": ["Limits"],
            "Topics": ["Limits", "Time"],
            "Selectors": ["Hashing", "Limits", "Text"],
            "Acknowledgements": ["Hashing", "JSON", "Limits", "Text", "Time"],
            "Confirmation": ["Acknowledgements", "Limits"],
            "Events": ["Hashing", "Selectors", "Text", "Time"],
            "Tiers": ["Acknowledgements", "JSON", "Time"],
            // What crosses HTTP, in the words of what crosses Kafka.
            "Bodies": ["Acknowledgements", "Confirmation", "Events", "Selectors", "Text", "Time"],
            "EventFormats": ["Events", "JSON", "Limits", "Selectors", "Text", "Time"],
        ])

    var testDescription: String { module }

    /// What is wrong with the table by itself: a folder that it does not list, or folders that use each other in a
    /// ring.
    var problems: [String] {
        let unlisted = allowed.values.reduce(into: Set<String>()) { $0.formUnion($1) }.subtracting(allowed.keys)
        var problems = unlisted.sorted().map { "\(module): \($0) is used and not listed" }
        // What uses nothing that is left, or is used by nothing that is left, can be taken away; rings stay.
        var left = allowed
        while let free = left.first(where: { folder, targets in
            targets.allSatisfy { left[$0] == nil } || !left.values.contains { $0.contains(folder) }
        }) {
            left[free.key] = nil
        }
        let ring = left.keys.sorted().joined(separator: ", ")
        if !ring.isEmpty { problems.append("\(module): these use each other: \(ring)") }
        return problems
    }

    /// What the sources do and the table does not say, and the other way round; one sentence each.
    func differences(from found: FolderArrows) -> [String] {
        var differences = found.folders.subtracting(allowed.keys).sorted().map { "\(module)/\($0) is not in the table" }
        differences += Set(allowed.keys).subtracting(found.folders).sorted().map { "\(module)/\($0) is not there" }
        for (arrow, uses) in found.arrows.sorted(by: { $0.key < $1.key })
        where !(allowed[arrow.from]?.contains(arrow.to) ?? false) {
            let types = uses.types.sorted().joined(separator: ", ")
            let files = uses.files.sorted().joined(separator: ", ")
            differences.append("\(module): \(arrow.from) may not use \(arrow.to): \(types), in \(files)")
        }
        for (from, targets) in allowed.sorted(by: { $0.key < $1.key }) {
            for to in targets.sorted() where found.arrows[FolderArrows.Arrow(from: from, to: to)] == nil {
                differences.append("\(module): \(from) does not use \(to): take the arrow out of the table")
            }
        }
        return differences
    }
}
