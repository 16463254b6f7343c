import Foundation
import Testing

/// One Swift file.
struct SourceFile: Sendable, CustomTestStringConvertible {
    let path: String
    let text: String

    private static let wrappers = ["RocksDB", "Kafka", "LinuxFiles", "Threads"]

    /// Files of `Sources` with several types, because they are read together: the parts of one message or answer.
    static let ofSeveralTypes: Set<String> = [
        "Sources/ControlPlane/API/CloudflareEnvelope.swift", "Sources/ControlPlane/Collector/PurgeStatus.swift",
        "Sources/ControlPlane/Store/HistoryChanges.swift", "Sources/EdgeAgent/Fence/PartitionEnds.swift",
        "Sources/EdgeAgent/Guard/FillFacts.swift", "Sources/EdgeAgent/Index/ByteCoding.swift",
        "Sources/EdgeAgent/Index/StoredObject.swift", "Sources/EdgeAgent/Worker/AgentClock.swift",
        "Sources/EdgePurgeCommand/Client/ZoneList.swift",
        "Sources/PurgeModel/AgentOrder.swift", "Sources/PurgeModel/Confirmation.swift",
        "Sources/PurgeModel/ConfirmationRule.swift", "Sources/PurgeModel/WireDocument.swift",
        "Sources/PurgeModel/WireField.swift",
    ]

    init(path: String) throws {
        self.path = path
        text = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
    }

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    var testDescription: String { path }

    /// Tests may be longer than what they test.
    var linesMax: Int { path.hasPrefix("Tests/") ? 700 : 400 }

    /// What the file is named after: `Type` for `Type.swift` and `Type+Topic.swift`.
    private var subject: String {
        let name = path.split(separator: "/").last?.split(separator: ".").first ?? ""
        return String(name.split(separator: "+").first ?? name)
    }

    private var isWrapper: Bool { Self.wrappers.contains { path.hasPrefix("Sources/\($0)/") } }

    /// Whether the file may not say it: the wrappers may hold constants of C, and the list of what is banned has
    /// to say it all.
    func forbids(_ banned: String) -> Bool {
        if path.hasPrefix("Tests/RepositoryTests/") { return false }
        return !(isWrapper && banned == "nonisolated(unsafe)")
    }

    /// Whether it may have `unsafe` in it: wrappers, the bare loops that benchmarks compare with, and tests, which do
    /// to files what no code of ours does.
    private var mayBeUnsafe: Bool {
        isWrapper || path == "Benchmarks/BareFiles.swift" || path.hasPrefix("Tests/")
    }

    /// What is wrong with what it declares; nil when nothing is.
    ///
    /// A file has one type that others can see, and its name. With it may stand what nobody else sees, and the error
    /// that it throws. Tests are not held to it: small helpers stand with the suite that needs them.
    func fault(in names: SwiftNames) -> String? {
        guard path.hasPrefix("Sources/") else { return nil }
        let types = names.visible.filter { $0 != subject + "Error" || names.visible.count == 1 }
        let mayHaveSeveral = Self.ofSeveralTypes.contains(path)
        if types.count > 1 {
            return mayHaveSeveral ? nil : "has \(types.joined(separator: ", ")): one type a file"
        }
        if mayHaveSeveral { return "has one type: take it out of the list of those with several" }
        return types.isEmpty || types == [subject] ? nil : "has \(types[0]): name the file after it"
    }

    /// The numbers of lines with `unsafe` where it may not stand.
    func unsafeLines(in code: SwiftCode) -> [Int] {
        if mayBeUnsafe || !text.contains("unsafe") { return [] }
        return code.lines.enumerated().filter { $0.element.contains(/\bunsafe\b/) }.map { $0.offset + 1 }
    }
}
