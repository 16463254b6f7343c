import CRdKafka
import Synchronization

/// What librdkafka calls back: logs, statistics, client errors, delivery reports, commit results.
///
/// One for each client, passed as its opaque pointer; `ClientHandle` keeps it until after the client is destroyed.
final class ClientCallbacks: Sendable {
    /// The most events kept between two polls; older ones say the same ("broker down").
    private static let pendingEventsMax = 64
    /// The facility of librdkafka's log line about another number of partitions; nothing else tells of it.
    private static let partitionCountFacility = "PARTCNT"

    let deliveries = PendingDeliveries()
    let pendingCommits = Atomic<Int>(0)
    private let logHandler: KafkaConfiguration.LogHandler?
    private let statisticsHandler: KafkaConfiguration.StatisticsHandler?
    private let events = Mutex<[ConsumerEvent]>([])

    init(_ configuration: KafkaConfiguration) {
        logHandler = configuration.logHandler
        statisticsHandler = configuration.statistics?.handler
    }

    /// What concerns the client as a whole since the last call.
    func takeEvents() -> [ConsumerEvent] {
        events.withLock { events in
            guard !events.isEmpty else { return [] }
            defer { events.removeAll() }
            return events
        }
    }

    func add(_ event: ConsumerEvent) {
        events.withLock { events in
            if events.count >= Self.pendingEventsMax { events.removeFirst() }
            events.append(event)
        }
    }

    private func log(level: Int, facility: String, text: String) { logHandler?(level, facility, text) }

    private static func of(_ opaque: UnsafeMutableRawPointer?) -> ClientCallbacks? {
        unsafe opaque.map { unsafe Unmanaged<ClientCallbacks>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Sets the C functions.
    ///
    /// They never throw, never wait, and never call the client.
    static func register(with configuration: OpaquePointer, type: rd_kafka_type_t) {
        // Without a log callback librdkafka prints to standard error.
        unsafe rd_kafka_conf_set_log_cb(configuration) { client, level, facility, text in
            guard let client = unsafe client, let facility = unsafe facility, let text = unsafe text else { return }
            guard let callbacks = unsafe ClientCallbacks.of(rd_kafka_opaque(client)) else { return }
            let name = unsafe String(cString: facility)
            if name == ClientCallbacks.partitionCountFacility {
                unsafe callbacks.add(.partitionCountChanged(String(cString: text)))
            }
            guard callbacks.logHandler != nil else { return }
            unsafe callbacks.log(level: Int(level), facility: name, text: String(cString: text))
        }
        unsafe rd_kafka_conf_set_stats_cb(configuration) { _, json, length, opaque in
            guard let callbacks = unsafe ClientCallbacks.of(opaque), let json = unsafe json else { return 0 }
            let bytes = unsafe UnsafeRawBufferPointer(start: json, count: length)
            callbacks.statisticsHandler?(unsafe String(decoding: bytes, as: UTF8.self))
            return 0  // librdkafka frees the text.
        }
        unsafe rd_kafka_conf_set_error_cb(configuration) { client, code, reason, opaque in
            unsafe ClientCallbacks.handleError(of: client, code: code, reason: reason, opaque: opaque)
        }
        if type == RD_KAFKA_PRODUCER {
            unsafe rd_kafka_conf_set_dr_msg_cb(configuration) { _, message, opaque in
                guard let callbacks = unsafe ClientCallbacks.of(opaque), let message = unsafe message else { return }
                unsafe callbacks.deliveries.resolve(message)
            }
        } else {
            unsafe rd_kafka_conf_set_offset_commit_cb(configuration) { _, code, offsets, opaque in
                unsafe ClientCallbacks.handleCommit(code: code, offsets: offsets, opaque: opaque)
            }
        }
    }

    private static func handleError(
        of client: OpaquePointer?,
        code: Int32,
        reason: UnsafePointer<CChar>?,
        opaque: UnsafeMutableRawPointer?
    ) {
        guard let callbacks = unsafe of(opaque) else { return }
        var code = rd_kafka_resp_err_t(rawValue: code)
        var text = unsafe reason.map { unsafe String(cString: $0) }
        let isFatal = code == RD_KAFKA_RESP_ERR__FATAL
        if isFatal, let client = unsafe client {
            let (original, originalText) = unsafe withErrorText { text, size in
                unsafe rd_kafka_fatal_error(client, text, size)
            }
            if original != RD_KAFKA_RESP_ERR_NO_ERROR { (code, text) = (original, originalText) }
        }
        let error = KafkaError(code, "Kafka client", detail: text)
        callbacks.add(
            .error(
                isFatal
                    ? KafkaError(code: error.code, message: error.message, isRetriable: false, isFatal: true) : error))
        callbacks.log(level: isFatal ? 2 : 4, facility: "ERROR", text: error.description)
    }

    private static func handleCommit(
        code: rd_kafka_resp_err_t,
        offsets: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?,
        opaque: UnsafeMutableRawPointer?
    ) {
        guard let callbacks = unsafe of(opaque) else { return }
        callbacks.pendingCommits.subtract(1, ordering: .relaxed)
        let list = unsafe offsets.map {
            unsafe UnsafeBufferPointer(start: $0.pointee.elems, count: Int($0.pointee.cnt))
        }
        var reportedPartition = false
        if let list = unsafe list {
            for index in 0..<list.count {
                let element = unsafe list[index]
                guard unsafe element.err != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
                reportedPartition = true
                let error = unsafe KafkaError(
                    element.err, "commit of offset \(element.offset) failed", partition: element.partition)
                callbacks.add(.commitFailed(error))
            }
        }
        if !reportedPartition, code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET {
            callbacks.add(.commitFailed(KafkaError(code, "commit of offsets failed")))
        }
    }
}
