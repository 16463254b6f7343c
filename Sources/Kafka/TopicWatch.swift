/// Looks every so often at what a cluster says of topics.
package struct TopicWatch: Sendable {
    /// Nothing changes a topic but an operator, who may wait a little for what comes of it.
    private static let interval: Duration = .seconds(300)
    /// How soon it is tried again while no broker answers.
    private static let retryInterval: Duration = .seconds(10)
    private static let answerLimit: Duration = .seconds(10)

    private let configuration: KafkaConfiguration
    private let topics: [String]
    private let optional: [String]

    /// Prepares looks at topics; nothing happens before ``run(_:)``.
    ///
    /// - Parameter optional: topics that are told of where they can be seen: not everybody needs them, or has a right
    ///   to them.
    package init(_ configuration: KafkaConfiguration, topics: [String], optional: [String] = []) {
        self.configuration = configuration
        self.topics = topics
        self.optional = optional
    }

    /// Looks until the task is cancelled.
    ///
    /// - Parameter handle: told what was found each time, or why nothing could be; topics that do not exist are
    ///   missing.
    package func run(_ handle: @Sendable (Result<[String: TopicDescription], KafkaError>) -> Void) async {
        while !Task.isCancelled {
            let found = await look()
            handle(found)
            let isFound = (try? found.get()).map { found in topics.allSatisfy { found[$0] != nil } } ?? false
            guard (try? await Task.sleep(for: isFound ? Self.interval : Self.retryInterval)) != nil else { return }
        }
    }

    /// With a client of its own: a connection that is used every few minutes is not kept.
    private func look() async -> Result<[String: TopicDescription], KafkaError> {
        do throws(KafkaError) {
            let admin = try KafkaAdmin(configuration)
            let found = try await admin.describe(topics, timeout: Self.answerLimit)
            let others = try? await admin.describe(optional, timeout: Self.answerLimit)
            return .success(found.merging(others ?? [:]) { $1 })
        } catch {
            return .failure(error)
        }
    }
}
