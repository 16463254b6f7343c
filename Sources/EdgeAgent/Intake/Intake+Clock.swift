import Kafka
import PurgeModel

/// The clock of this machine, as far as messages tell of it.
extension Intake {
    /// Takes note of the times of messages that came to where a partition ended: these were waited for.
    func compareClocks(_ messages: [Message], _ run: inout Run) {
        guard !run.hasStood else { return }
        for message in messages where run.ends[message.partition] == message.offset {
            guard let written = message.timestamp else { continue }
            run.clocks.heard(Timestamp(milliseconds: written), at: clock.instant)
        }
    }

    func tellClock(_ run: Run) {
        status.tell(run.clocks.difference(clock), limit: clockSkewMax)
    }
}
