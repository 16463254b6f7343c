import EdgeAgent
import PurgeModel

/// Maps `tier` of `agent.yaml`.
enum TierSettings {
    /// Where the caches stand among caches that fill from each other.
    static func agent(_ reader: SettingsReader) -> TierConfiguration {
        let name = tier("tier.name", reader)
        let above = tier("tier.above", reader)
        if let above {
            if name == nil {
                reader.refuse("tier.name", value: "", allowed: "the name of this machine's own tier, beside tier.above")
            } else if above == name {
                reader.refuse(
                    "tier.above", value: above,
                    allowed: "another tier than its own: a cache that fills from its like waits for itself")
            }
        }
        // What nothing fills from has no need of a tier, but for the lowest.
        let isFilledFrom = reader.boolean("tier.filled_from", default: name != nil && above == nil)
        return TierConfiguration(name: name, above: above, isFilledFrom: isFilledFrom)
    }

    private static func tier(_ key: String, _ reader: SettingsReader) -> String? {
        let name = reader.optionalText(key)
        if let name, !AgentTier.isName(name) {
            reader.refuse(key, value: name, allowed: "1 to \(AgentTier.nameMax) of A-Z a-z 0-9 . _ -")
        }
        return name
    }
}
