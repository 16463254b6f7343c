import EdgeAgent
import FoundationEssentials
import LinuxFiles
import PurgeModel

/// Whether nginx bypasses its caches while they are fenced, and the agent lifts a fence that is not its own.
///
/// It makes the fence file, as systemd does when it ends an agent, and leaves the rest to the agent: that takes the
/// fence for one, catches up, and lifts it. So nobody has to take back anything, also if the doctor is killed
/// (docs/decisions/0044-the-doctor-changes-nothing.md).
struct FenceCheck: DoctorCheck {
    let agent: AgentConfiguration
    let answer: AgentAnswer?
    let places: [ProbePlace]
    /// How long the agent may take to catch up.
    var liftLimit = Duration.seconds(60)

    let name = "fence"
    /// How often a request that saw no fence is tried again, because the agent may have lifted it meanwhile.
    private static let tries = 5
    private static let pause = Duration.milliseconds(50)

    private var file: MarkerFile { MarkerFile(path: agent.fence.file) }

    func look() async -> [DoctorFinding] {
        if let reason = obstacle {
            return [
                .yellow(nil, "it was not tried: \(reason)", mend: "edge-purge doctor --probe   # when that is over")
            ]
        }
        // All of them before there is a fence, which stands for a while.
        var findings: [DoctorFinding] = []
        var cached: [ProbePlace] = []
        for place in places {
            if let finding = await unusual(place) { findings.append(finding) } else { cached.append(place) }
        }
        guard !cached.isEmpty else { return findings }
        for place in cached { findings.append(await finding(place)) }
        return findings + [await lifting()]
    }

    /// Why nothing can be tried, as a clause.
    private var obstacle: String? {
        if agent.fence.mode == .off { return "fence.mode is off" }
        if agent.accessLog == nil { return "guard.access_log is not set, which would show it" }
        if answer?.status != "live" || answer?.fenceReason != nil { return "the agent is not live and without a fence" }
        if places.isEmpty { return "no place of nginx can be asked from here" }
        return nil
    }

    /// Why a fence would change nothing that can be seen; nil where it should.
    private func unusual(_ place: ProbePlace) async -> DoctorFinding? {
        do {
            if try await isFetched(place, fenced: false) == true { return nil }
            return .yellow(
                "\(place.location.place)",
                "nothing goes through this cache now, so a fence would change nothing that can be seen",
                mend: "look at \(place.location.module.directive("cache_bypass")) there, and at its origin")
        } catch {
            return untried(place, error)
        }
    }

    private func finding(_ place: ProbePlace) async -> DoctorFinding {
        let about = "\(place.location.place)"
        do {
            for _ in 0..<Self.tries {
                guard let isFetched = try await isFetched(place, fenced: true) else { continue }
                if !isFetched { return .green(about, "while fenced, it bypasses its cache") }
                guard try file.isThere else { continue }
                return .red(
                    about, "while fenced, it goes on with its cache",
                    mend: "nginx -T | edge-purge nginx check; edge-purge setup --write")
            }
            return .yellow(about, "the fence was lifted too early, several times", mend: "edge-purge doctor --probe")
        } catch {
            return untried(place, error)
        }
    }

    private func untried(_ place: ProbePlace, _ error: any Error) -> DoctorFinding {
        .yellow(
            "\(place.location.place)", "the fence could not be tried: \(FileProblem.reason(error))",
            mend: "nginx -t && systemctl status nginx; ls -ld \(agent.fence.file)")
    }

    /// Whether a page was fetched through the cache, and not past it; nil where the log does not tell.
    private func isFetched(_ place: ProbePlace, fenced: Bool) async throws -> Bool? {
        if fenced {
            try file.make()
            // Without it an nginx that asks does not look for the fence. Whoever lifts that removes both.
            if let marker = agent.ask.keptMarker { try MarkerFile(path: marker).make() }
        }
        let probe = LogProbe(place: place, log: agent.accessLog ?? "")
        guard case .fetch(let line) = try await probe.ask().reading else { return nil }
        return line.isStored
    }

    /// Waits until the agent has lifted it.
    private func lifting() async -> DoctorFinding {
        let end = ContinuousClock.now + liftLimit
        while (try? file.isThere) != false {
            guard .now < end else {
                return .red(
                    file.path, "the agent has not lifted the fence within \(DurationText.text(liftLimit))",
                    mend: "journalctl -u edge-purge-agent -n 50; edge-purge unfence")
            }
            try? await Task.sleep(for: Self.pause)
        }
        return .green(file.path, "the agent lifts a fence that was set from outside, when it has caught up")
    }
}
