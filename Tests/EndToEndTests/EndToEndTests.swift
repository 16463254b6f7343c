import Testing

/// The whole system as its users meet it: real nginx, real Kafka protocol, the real program in processes of its own.
///
/// With `KAFKA_BOOTSTRAP_SERVERS` set, the same tests run against that cluster.
/// Suites inside adopt ``SharesEnvironment``.
@Suite(.serialized, .developmentEnvironment)
struct EndToEndTests {}
