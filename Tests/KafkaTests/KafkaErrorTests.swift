import Testing

@testable import Kafka

@Suite struct KafkaErrorTests {
    @Test(arguments: [
        (KafkaError.Code.messageTimedOut, "_MSG_TIMED_OUT"), (.transport, "_TRANSPORT"), (.queueFull, "_QUEUE_FULL"),
        (.autoOffsetReset, "_AUTO_OFFSET_RESET"), (.offsetOutOfRange, "OFFSET_OUT_OF_RANGE"), (.closed, "CLOSED"),
        (.purgedFromQueue, "_PURGE_QUEUE"), (.purgedInFlight, "_PURGE_INFLIGHT"), (.conflict, "_CONFLICT"),
        (.fatal, "_FATAL"), (.topicAlreadyExists, "TOPIC_ALREADY_EXISTS"), (.waitingForCoordinator, "_WAIT_COORD"),
        (.unstableOffsetCommit, "UNSTABLE_OFFSET_COMMIT"), (.messageTooLarge, "MSG_SIZE_TOO_LARGE"),
        (.throttlingQuotaExceeded, "THROTTLING_QUOTA_EXCEEDED"), (.storageError, "KAFKA_STORAGE_ERROR"),
        (.unsupportedFeature, "_UNSUPPORTED_FEATURE"), (.noOffset, "_NO_OFFSET"), (.unknown, "UNKNOWN"),
        (.notController, "NOT_CONTROLLER"), (.offsetNotAvailable, "OFFSET_NOT_AVAILABLE"),
    ])
    func `a code has the library's name`(code: KafkaError.Code, name: String) {
        #expect(code.name == name)
    }

    @Test(arguments: [Int32.min, -9999, -2, 999, 12345, .max])
    func `a code this library does not know is a code too`(rawValue: Int32) {
        let error = KafkaError(code: KafkaError.Code(rawValue: rawValue), message: "m")
        #expect(!error.name.isEmpty)
        #expect(!error.isRetriable && !error.isFatal)
    }

    @Test func `the description says what, where and which`() {
        let error = KafkaError(code: .transport, message: "cannot read", partition: 3)
        #expect(error.description == "cannot read (partition 3, _TRANSPORT)")
    }
}
