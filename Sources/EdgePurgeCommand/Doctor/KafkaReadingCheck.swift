import Kafka
import PurgeModel
import Threads

/// Whether the client may read the topic of purges.
struct KafkaReadingCheck: DoctorCheck {
    let cluster: DoctorPatient.Cluster

    let name = "reading"
    private static let limit = Duration.seconds(5)

    func look() async -> [DoctorFinding] {
        let topic = cluster.topics.events
        do throws(KafkaError) {
            try await DedicatedThread.run(name: "doctor-reading", noThread: KafkaError.unstarted) {
                [cluster] () throws(KafkaError) in
                try Self.read(cluster.kafka, topic)
            }
            return [.green(topic, "it can be read")]
        } catch {
            return [
                .red(topic, "it cannot be read: \(error)", mend: error.remedy("Read", topic, file: cluster.file))
            ]
        }
    }

    /// Reads from the end of the first partition until the broker says that nothing is there, or something is.
    private static func read(_ kafka: KafkaConfiguration, _ topic: String) throws(KafkaError) {
        let consumer = try PartitionConsumer(kafka, topic: topic, groupID: nil)
        defer { consumer.close() }
        try consumer.assign([0: .latest])
        let end = ContinuousClock.now + limit
        var failure: KafkaError?
        while ContinuousClock.now < end {
            for event in consumer.poll(maxMessages: 1, timeout: .milliseconds(500)) {
                switch event {
                case .message, .endOfPartition: return
                case .error(let error) where error.keepsFromReading: throw error
                case .error(let error): failure = error
                default: break
                }
            }
        }
        throw failure ?? KafkaError(code: .timedOut, message: "no broker answered within 5 s")
    }
}
