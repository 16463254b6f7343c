import PurgeModel

extension CloudflareProblem {
    /// A message about a purge that was accepted.
    init(_ message: PurgeMessage) {
        let number =
            switch PurgeMessage.Kind(rawValue: message.code) {
            case .asterisk: 1161
            case .matchedNothing: 1162
            case .unmatched: 1163
            case nil: 1158
            }
        self.init(code: number, message: message.message)
    }
}
