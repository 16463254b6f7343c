/// Times that no clock has: a purge may say any time, and what is shown, sorted and spared by it must not.
extension PurgeEvent {
    /// How long before it reached Kafka a purge may have been accepted: a producer may have kept it for a night.
    private static let delayMax = Duration.seconds(24 * 3600)
    /// How far the clock of who accepted it may be ahead.
    private static let aheadMax = Duration.seconds(300)
    /// How old a message of Kafka may be: topics are kept for days, and seldom for more than a year.
    private static let ageMax = Duration.seconds(400 * 24 * 3600)

    /// The same purge, accepted when it reached Kafka if it cannot have been accepted when it says.
    ///
    /// - Parameter arrival: when it reached Kafka; nil: nobody knows, and it is believed.
    package func believed(arrivedAt arrival: Timestamp?) -> PurgeEvent {
        guard let arrival else { return self }
        let delay = arrival.duration(since: acceptedAt)
        guard delay > Self.delayMax || delay < .zero - Self.aheadMax else { return self }
        var event = self
        event.acceptedAt = arrival
        return event
    }

    /// When a message reached Kafka, for whoever shows and sorts by it: what Kafka says, or now if that cannot be.
    ///
    /// - Parameter stored: what Kafka says, in milliseconds since 1970; a producer may have written it.
    package func shownArrival(stored: Int64?, now: Timestamp) -> Timestamp {
        guard let stored else { return now }
        let arrival = Timestamp(milliseconds: stored)
        let age = now.duration(since: arrival)
        return age > Self.ageMax || age < .zero - Self.aheadMax ? now : notBeforeAccepted(arrival, now: now)
    }

    /// The same for whoever leaves alone what is newer than a purge; nil when Kafka says nothing.
    ///
    /// Never earlier than Kafka says: a clock of this machine that is behind must not keep a purge from its objects.
    package func spareArrival(stored: Int64?, now: Timestamp) -> Timestamp? {
        guard let stored else { return nil }
        let arrival = max(Timestamp(milliseconds: stored), now.advanced(by: .zero - Self.ageMax))
        return notBeforeAccepted(arrival, now: now)
    }

    /// A producer may have written any time into its message, such as that of what it was made from: a purge that says
    /// it was accepted after that is believed, up to the present.
    private func notBeforeAccepted(_ arrival: Timestamp, now: Timestamp) -> Timestamp {
        acceptedAt.duration(since: arrival) > Self.aheadMax ? max(arrival, min(acceptedAt, now)) : arrival
    }
}
