import Foundation
import Hummingbird
import HummingbirdTesting
import Testing

@testable import ControlPlane

struct OpenAPITests {
    private static func document() throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(PackageResources.openapi_json)) as? [String: Any])
    }

    /// `GET /v1/purges/{}`: the names of parameters do not matter.
    private static func line(_ method: String, _ path: String) -> String {
        "\(method.uppercased()) \(path.replacing(/\{[^}]*\}/, with: "{}"))"
    }

    @Test func `every route is in the document, and nothing else`() throws {
        let paths = try #require(try Self.document()["paths"] as? [String: [String: Any]])
        let documented = Set(paths.flatMap { path, methods in methods.keys.map { Self.line($0, path) } })
        let api = try TestAPI()
        // Files of the dashboard are no part of the API.
        let files = Set(DashboardFile.all.map(\.path))
        // Other methods on the purge paths are there only to be refused with 405.
        let methods = ["POST", "DELETE"]
        let served = Set(
            api.router().routes.filter {
                !files.contains($0.path.description)
                    && (!$0.path.description.hasSuffix("_cache") || methods.contains($0.method.rawValue))
            }.map {
                Self.line($0.method.rawValue, $0.path.description)
            })
        #expect(served.subtracting(documented).sorted() == [], "not in the document")
        #expect(documented.subtracting(served).sorted() == [], "not served")
    }

    @Test func `the document is served without a token`() async throws {
        try await TestAPI(tokens: TestTokens().records).run { client async throws in
            let answer = try await client.ask(.get, "/openapi.json")
            #expect(answer.status == 200 && answer.json["openapi"] as? String == "3.1.0")
        }
    }

    @Test func `every reference leads somewhere`() throws {
        let document = try Self.document()
        func check(_ value: Any) {
            if let list = value as? [Any] { list.forEach(check) }
            guard let object = value as? [String: Any] else { return }
            object.values.forEach(check)
            guard let reference = object["$ref"] as? String else { return }
            let target = reference.split(separator: "/").dropFirst().reduce(document as Any?) { place, name in
                (place as? [String: Any])?[String(name)]
            }
            #expect(target != nil, "\(reference)")
        }
        check(document)
    }
}
