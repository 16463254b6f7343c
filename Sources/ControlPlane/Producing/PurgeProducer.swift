import PurgeModel

/// Where accepted purges go.
///
/// In production that is Kafka; a test can take its place.
protocol PurgeProducer: Sendable {
    /// Stores the purge durably and answers where.
    /// - Returns: its position, and the bytes it took.
    func produce(_ event: PurgeEvent) async throws(PurgeProducerError) -> (position: PurgePosition, bytes: Int)

    /// Lets every collector forget a machine: with a tombstone, or with a last word of the machine that stays.
    func retire(_ retirement: Retirement) async throws(PurgeProducerError)

    /// Stores an order to an agent durably.
    func produce(_ order: AgentOrder) async throws(PurgeProducerError)
}

/// Why a purge was not, or perhaps not, stored.
struct PurgeProducerError: Error, Equatable {
    /// What is certain about it.
    enum Outcome: Equatable {
        /// It was not stored and will not be.
        case notStored
        /// It was handed over and no answer came: it may be stored.
        case unknown
        /// It can never be stored as it is: too large.
        case refused
    }

    let outcome: Outcome
    /// What failed and what to do, for the answer of the API.
    let message: String
}
