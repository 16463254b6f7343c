import Foundation
import PurgeModel

/// When it is this agent's turn to send the letters of a block: so that mostly one agent sends each, and nobody has to
/// agree with anybody.
///
/// The times of all agents are spread so that few are early and most are late, whatever their number (the exponential
/// timers of feedback to a multicast; Nonnenmacher and Biersack, "Scalable feedback for large groups", 1999). The
/// first one sends, and the others see its letters before their own turns come.
struct LetterTurns: Sendable {
    let agent: String
    /// Turns are between these.
    var range = Duration.milliseconds(300)...Duration.milliseconds(2300)

    /// About as many agents as this are told apart, as a power of two.
    private static let steepness = 14.0

    /// How long this agent waits with a block; the same each time.
    func turn(_ block: RefusedMessages.Block) -> Duration {
        var hash = FNV1a()
        hash.add(Array(agent.utf8))
        hash.add(block.partition.encoded() + block.number.encoded())
        // FNV's upper bits hardly differ for texts that end alike.
        var mixed = hash.value
        mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
        mixed = (mixed ^ (mixed >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        mixed ^= mixed >> 33
        let share = 1 + log2((Double(mixed) + 1) / 0x1p64) / Self.steepness
        return range.lowerBound + (range.upperBound - range.lowerBound) * max(0, min(1, share))
    }
}
