import ArgumentParser
import PurgeModel

/// A duration on the command line, such as `10s`; the value of `--wait`.
struct WaitArgument: ExpressibleByArgument, CustomStringConvertible {
    /// How long; nil: what was written is no duration, which `checked` reports.
    private let duration: Duration?
    private let text: String

    /// What plain `--wait` means.
    static let standard = WaitArgument(.seconds(30))

    /// Creates a value.
    init(_ duration: Duration) {
        self.duration = duration
        text = DurationText.text(duration)
    }

    /// Takes anything but a purge id: an option whose value may be left out quietly counts as given without one when
    /// its value is refused here.
    ///
    /// That is right for `status --wait ID`, and wrong for `--wait=10x`.
    init?(argument: String) {
        if ControlClient.isZoneID(argument) { return nil }
        duration = DurationText.duration(argument)
        text = argument
    }

    /// The duration.
    ///
    /// - Throws: `ValidationError` that says what is allowed.
    func checked(_ flag: String) throws -> Duration {
        if let duration { return duration }
        throw ValidationError("\(flag) is \"\(text)\"; allowed: \(DurationText.form).")
    }

    var description: String { text }
}
