/// What the development origin answers.
struct OriginAnswer: Sendable {
    /// The status code.
    var status = 200
    /// Header fields in order.
    var fields: [(name: String, value: String)] = []
    /// The body.
    var body: [UInt8] = []
    /// How long to wait before answering, in milliseconds.
    var delayMilliseconds = 0
    /// How long to wait in the middle of the body, in milliseconds.
    var bodyDelayMilliseconds = 0

    /// What holds the answer back; nil: nothing.
    var hold: OriginHolds.Hold?

    /// The value of a field.
    func field(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}
