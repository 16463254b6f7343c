import PurgeModel

extension CloudflareProblem {
    /// A message about a purge that was accepted.
    init(_ message: PurgeMessage) {
        let number =
            switch PurgeMessage.Kind(rawValue: message.code) {
            case .asterisk: 1161
            case .matchedNothing: 1162
            case .unmatched: 1163
            // This dialect has no status of a purge.
            case .agentsUnknown, nil: 1158
            }
        self.init(code: number, message: message.message)
    }
}
