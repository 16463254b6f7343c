import CRdKafka

/// Owns an `rd_kafka_conf_t` until a client takes it over; destroyed on every other path.
@safe
struct NativeConfiguration: ~Copyable {
    private let pointer: OpaquePointer?

    /// An empty one.
    private init() { unsafe pointer = unsafe rd_kafka_conf_new() }

    /// Applies defaults, then the operator's properties, then what safety depends on.
    init(_ configuration: KafkaConfiguration, for role: ClientRole) throws(KafkaError) {
        self.init()
        if role.needsServers {
            guard !configuration.bootstrapServers.isEmpty else {
                throw .invalidArgument("no Kafka bootstrap servers are given: set host:port")
            }
            try set("bootstrap.servers", configuration.bootstrapServers)
        }
        try set("client.id", configuration.clientID)
        // Sorted: the same configuration fails with the same error every time.
        for (name, value) in role.defaults.sorted(by: { $0.key < $1.key }) { try set(name, value) }
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) {
            if KafkaConfiguration.reservedProperties.contains(name), ClientRole.reservedValues[name] != value {
                throw .invalidArgument(
                    "Kafka property \"\(name)\" cannot be changed, purges could be lost: remove it"
                )
            }
            try set(name, value)
        }
        for (name, value) in role.required.sorted(by: { $0.key < $1.key }) { try set(name, value) }
        if let statistics = configuration.statistics {
            let milliseconds = min(max(statistics.interval.clampedMilliseconds, 1), 86_400_000)
            try set("statistics.interval.ms", String(milliseconds))
        }
    }

    /// What librdkafka says against single properties, by name; nothing is connected.
    static func problems(of properties: [String: String]) -> [String: String] {
        var problems: [String: String] = [:]
        for (name, value) in properties {
            let configuration = NativeConfiguration()
            do throws(KafkaError) {
                try configuration.set(name, value)
            } catch {
                let head = "Kafka property \"\(name)\": "
                problems[name] = String(error.message.dropFirst(error.message.hasPrefix(head) ? head.count : 0))
            }
        }
        return problems
    }

    deinit {
        if let pointer = unsafe pointer { unsafe rd_kafka_conf_destroy(pointer) }
    }

    private borrowing func set(_ name: String, _ value: String) throws(KafkaError) {
        let name = try name.checkedForC("the name of a Kafka property")
        let value = try value.checkedForC("Kafka property \"\(name)\"")
        let (result, text) = unsafe withErrorText { text, size in
            unsafe rd_kafka_conf_set(pointer, name, value, text, size)
        }
        guard result != RD_KAFKA_CONF_OK else { return }
        throw .invalidArgument("Kafka property \"\(name)\": \(text)")
    }

    /// Makes the client, which takes the configuration over.
    ///
    /// `opaque` is what the callbacks get.
    consuming func makeClient(
        _ type: rd_kafka_type_t,
        callbacks: Unmanaged<ClientCallbacks>
    ) throws(KafkaError) -> OpaquePointer {
        guard let pointer = unsafe pointer else {
            _ = consume self
            throw KafkaError(code: .failed, message: "librdkafka could not make a configuration")
        }
        unsafe rd_kafka_conf_set_opaque(pointer, callbacks.toOpaque())
        unsafe ClientCallbacks.register(with: pointer, type: type)
        let (client, text) = unsafe withErrorText { text, size in unsafe rd_kafka_new(type, pointer, text, size) }
        // On failure the configuration is still ours and `deinit` destroys it.
        guard let client = unsafe client else {
            _ = consume self
            throw KafkaError(rd_kafka_last_error(), "cannot create a Kafka client", detail: text)
        }
        discard self
        return unsafe client
    }
}

/// Calls C with a buffer for the reason of a failure; returns the result and the reason.
func withErrorText<R>(_ body: (UnsafeMutablePointer<CChar>, Int) -> R) -> (R, String) {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        unsafe buffer.initialize(repeating: 0)
        guard let base = buffer.baseAddress else { preconditionFailure("a buffer of 512 has an address") }
        let result = unsafe body(base, buffer.count)
        return unsafe (result, String(cString: base))
    }
}
