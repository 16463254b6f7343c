// swift-tools-version: 6.3
import PackageDescription

// One set of rules for every target of ours. `strictMemorySafety` makes each use of a C pointer visible; outside the three
// wrappers (RocksDB, Kafka, LinuxFiles) there is none.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "edge-purge",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CRocksDB", pkgConfig: "rocksdb", providers: [.apt(["librocksdb-dev"])]),
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CLinux"),

        .target(name: "RocksDB", dependencies: ["CRocksDB"], swiftSettings: settings),
        .target(name: "Kafka", dependencies: ["CRdKafka"], swiftSettings: settings),
        .target(
            name: "LinuxFiles",
            dependencies: ["CLinux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: settings
        ),
        .target(
            name: "PurgeModel",
            dependencies: [.product(name: "DequeModule", package: "swift-collections")],
            swiftSettings: settings
        ),
        .target(
            name: "EdgeAgent",
            dependencies: [
                "PurgeModel", "RocksDB", "Kafka", "LinuxFiles",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ControlPlane",
            dependencies: [
                "PurgeModel", "Kafka",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .testTarget(name: "RocksDBTests", dependencies: ["RocksDB"], swiftSettings: settings),
        .testTarget(name: "KafkaTests", dependencies: ["Kafka"], swiftSettings: settings),
        .testTarget(
            name: "LinuxFilesTests",
            dependencies: ["LinuxFiles", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PurgeModelTests",
            dependencies: ["PurgeModel"],
            exclude: ["Resources"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EdgeAgentTests",
            dependencies: [
                "EdgeAgent", "LinuxFiles", "RocksDB", "Kafka", "PurgeModel",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ControlPlaneTests",
            dependencies: [
                "ControlPlane", "PurgeModel", "Kafka",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
    ]
)
