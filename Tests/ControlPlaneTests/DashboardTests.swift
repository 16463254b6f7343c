import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import ControlPlane

@Suite(.timeLimit(.minutes(1))) struct DashboardTests {
    @Test func `the page and all it loads are served without a token, with the same strict policy`() async throws {
        let api = try TestAPI(tokens: [])
        try await api.run { client async throws in
            for file in DashboardFile.all {
                let answer = try await client.ask(.get, file.path)
                #expect(answer.status == 200, "\(file.path)")
                #expect(answer.headers[.contentType] == file.contentType)
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                #expect(answer.headers[.cacheControl] == "no-cache")
                let policy = answer.headers[.contentSecurityPolicy] ?? ""
                #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                #expect(
                    policy.contains("frame-ancestors 'none'") && policy.contains("require-trusted-types-for 'script'"))
                #expect(!policy.contains("unsafe"))
                #expect(answer.text.utf8.elementsEqual(file.body.readableBytesView))
                let head = try await client.ask(.head, file.path)
                #expect(head.status == 200 && head.text.isEmpty)
            }
            #expect(try await client.ask(.get, "/dashboard/none.js").status == 404)
        }
    }

    @Test func `a file that a browser has already is not sent again`() async throws {
        let api = try TestAPI()
        try await api.run { client async throws in
            for file in DashboardFile.all {
                for tag in [file.entityTag, "\"other\", W/\(file.entityTag)", "*"] {
                    let answer = try await client.ask(.get, file.path, headers: [.ifNoneMatch: tag])
                    #expect(answer.status == 304, "\(file.path) \(tag)")
                    #expect(answer.text.isEmpty)
                    #expect(answer.headers[.eTag] == file.entityTag)
                }
                let changed = try await client.ask(.get, file.path, headers: [.ifNoneMatch: "\"other\""])
                #expect(changed.status == 200)
            }
        }
        #expect(Set(DashboardFile.all.map(\.entityTag)).count == DashboardFile.all.count)
    }

    @Test func `nothing comes from elsewhere, and each file that is named is there`() throws {
        let paths = Set(DashboardFile.all.map(\.path))
        for file in DashboardFile.all {
            let text = String(buffer: file.body)
            for match in text.matches(of: /from "\.\/([a-z.-]+)"/) {
                #expect(paths.contains("/dashboard/\(match.1)"), "\(file.path) imports \(match.1)")
            }
            for match in text.matches(of: /(?:href|src)="(\/[^"]*)"/) {
                #expect(paths.contains(String(match.1)), "\(file.path) loads \(match.1)")
            }
            let isForeign = text.replacing("http://www.w3.org/2000/svg", with: "").replacing(
                "https://shop.example", with: ""
            )
            .contains(/(?:https?:)?\/\/[a-z0-9-]+\.[a-z]/)
            #expect(!isForeign, "\(file.path) names another host")
        }
    }

    @Test func `no script makes markup of text`() {
        let sinks = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc",
        ]
        for file in DashboardFile.all {
            let text = String(buffer: file.body)
            for sink in sinks { #expect(!text.contains(sink), "\(file.path) uses \(sink)") }
            #expect(!text.contains(/<script(?![^>]*src=)|\son[a-z]+="|style="/), "\(file.path) has something inline")
        }
    }
}
