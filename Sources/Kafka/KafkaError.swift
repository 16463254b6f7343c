import CRdKafka
import Threads

/// What a call of this module could not do, with librdkafka's own code, name and text.
package struct KafkaError: Error, Sendable, CustomStringConvertible {
    /// Which error it is.
    package let code: Code

    /// What failed, on what, and librdkafka's text.
    package let message: String

    /// The same call may succeed later without a change by the operator.
    package let isRetriable: Bool

    /// The client cannot go on; only a new one can (idempotent producer out of step with the broker, a revoked client).
    package let isFatal: Bool

    /// The partition the error is about, when librdkafka names one.
    package let partition: Int32?

    /// librdkafka's name of the code, such as `_MSG_TIMED_OUT` or `NOT_LEADER_FOR_PARTITION`.
    package var name: String { code.name }

    package var description: String {
        partition.map { "\(message) (partition \($0), \(name))" } ?? "\(message) (\(name))"
    }

    /// Creates an error; retriable and fatal follow from the code unless given.
    package init(
        code: Code,
        message: String,
        partition: Int32? = nil,
        isRetriable: Bool? = nil,
        isFatal: Bool? = nil
    ) {
        self.code = code
        self.message = message
        self.partition = partition
        self.isRetriable = isRetriable ?? Code.retriable.contains(code)
        self.isFatal = isFatal ?? (code == .fatal || code == .fenced)
    }

    /// The client was closed, by us.
    static func closed(_ what: String) -> KafkaError {
        KafkaError(code: .closed, message: "\(what) is closed")
    }

    /// The process is at its limit of threads.
    static func noThread(_ error: ThreadError) -> KafkaError {
        KafkaError(code: .failed, message: error.description, isRetriable: true)
    }

    /// An argument that librdkafka must not be given.
    static func invalidArgument(_ message: String) -> KafkaError {
        KafkaError(code: .invalidArgument, message: message)
    }
}

extension KafkaError {
    /// librdkafka's `rd_kafka_resp_err_t`: negative values come from the library, positive ones from the broker.
    package struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        package let rawValue: Int32

        /// Takes any number, also one this version of librdkafka does not know.
        package init(rawValue: Int32) { self.rawValue = rawValue }

        /// librdkafka's name, `ERR_n?` for a number it does not know.
        package var name: String {
            if self == .closed { return "CLOSED" }
            return unsafe String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue: rawValue)))
        }

        package var description: String { name }

        /// Our own: the handle was closed before or during the call.
        package static let closed = Code(rawValue: -100_000)

        // Of the library.
        package static let timedOut = Code(rawValue: -185)
        package static let messageTimedOut = Code(rawValue: -192)
        package static let transport = Code(rawValue: -195)
        package static let resolve = Code(rawValue: -193)
        package static let allBrokersDown = Code(rawValue: -187)
        package static let queueFull = Code(rawValue: -184)
        package static let invalidArgument = Code(rawValue: -186)
        package static let unknownTopicLocal = Code(rawValue: -188)
        package static let unknownPartition = Code(rawValue: -190)
        package static let conflict = Code(rawValue: -173)
        package static let state = Code(rawValue: -172)
        package static let previousInProgress = Code(rawValue: -177)
        package static let inProgress = Code(rawValue: -178)
        package static let waitingForCoordinator = Code(rawValue: -180)
        package static let waitingForCache = Code(rawValue: -164)
        package static let authentication = Code(rawValue: -169)
        package static let ssl = Code(rawValue: -181)
        package static let purgedFromQueue = Code(rawValue: -152)
        package static let purgedInFlight = Code(rawValue: -151)
        package static let fatal = Code(rawValue: -150)
        package static let fenced = Code(rawValue: -144)
        package static let autoOffsetReset = Code(rawValue: -140)
        package static let partitionEOF = Code(rawValue: -191)
        package static let noOffset = Code(rawValue: -168)
        package static let unsupportedFeature = Code(rawValue: -165)
        package static let failed = Code(rawValue: -196)
        package static let retry = Code(rawValue: -153)

        // Of the broker.
        package static let noError = Code(rawValue: 0)
        package static let unknown = Code(rawValue: -1)
        package static let offsetOutOfRange = Code(rawValue: 1)
        package static let unknownTopicOrPartition = Code(rawValue: 3)
        package static let leaderNotAvailable = Code(rawValue: 5)
        package static let notLeaderForPartition = Code(rawValue: 6)
        package static let requestTimedOut = Code(rawValue: 7)
        package static let brokerNotAvailable = Code(rawValue: 8)
        package static let replicaNotAvailable = Code(rawValue: 9)
        package static let messageTooLarge = Code(rawValue: 10)
        package static let networkException = Code(rawValue: 13)
        package static let coordinatorLoadInProgress = Code(rawValue: 14)
        package static let coordinatorNotAvailable = Code(rawValue: 15)
        package static let notCoordinator = Code(rawValue: 16)
        package static let invalidTopic = Code(rawValue: 17)
        package static let notEnoughReplicas = Code(rawValue: 19)
        package static let notEnoughReplicasAfterAppend = Code(rawValue: 20)
        package static let topicAuthorizationFailed = Code(rawValue: 29)
        package static let groupAuthorizationFailed = Code(rawValue: 30)
        package static let clusterAuthorizationFailed = Code(rawValue: 31)
        package static let unsupportedSASLMechanism = Code(rawValue: 33)
        package static let topicAlreadyExists = Code(rawValue: 36)
        package static let notController = Code(rawValue: 41)
        package static let saslAuthenticationFailed = Code(rawValue: 58)
        package static let storageError = Code(rawValue: 56)
        package static let offsetNotAvailable = Code(rawValue: 78)
        package static let unstableOffsetCommit = Code(rawValue: 88)
        package static let throttlingQuotaExceeded = Code(rawValue: 89)

        /// Codes that can go away by themselves.
        static let retriable: Set<Code> = [
            .timedOut, .messageTimedOut, .transport, .resolve, .allBrokersDown, .queueFull, .unknownTopicLocal,
            .unknownPartition, .previousInProgress, .inProgress, .waitingForCoordinator, .waitingForCache, .retry,
            .unknownTopicOrPartition, .leaderNotAvailable, .notLeaderForPartition, .requestTimedOut,
            .brokerNotAvailable, .replicaNotAvailable, .networkException, .coordinatorLoadInProgress,
            .coordinatorNotAvailable, .notCoordinator, .notEnoughReplicas, .notEnoughReplicasAfterAppend,
            .notController, .storageError, .offsetNotAvailable, .unstableOffsetCommit, .throttlingQuotaExceeded,
        ]

        /// Codes that say what an operator has to mend.
        ///
        /// That a connection broke, as librdkafka says in the same breath, is only what comes of it.
        package static let telling: Set<Code> = [
            .authentication, .ssl, .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed,
            .saslAuthenticationFailed, .unsupportedSASLMechanism, .resolve,
        ]
    }
}
