import Foundation
import Testing

@testable import EdgePurgeCommand

/// The ways of `deploy/nginx` to ask the agent, with all paths in a test's own directory.
enum AskSnippet: String, Sendable, CaseIterable {
    case stock, lua

    /// What nginx loads for it, at the top of its configuration; nil where it is not installed.
    var modules: String? {
        guard self == .lua else { return "" }
        let files = ["ndk_http_module.so", "ngx_http_lua_module.so"].map { "/usr/lib/nginx/modules/\($0)" }
        guard files.allSatisfy(FileManager.default.fileExists) else { return nil }
        return files.map { "load_module \($0);" }.joined(separator: "\n")
    }

    static let skipped: Comment = "needs ngx_http_lua_module (Debian: libnginx-mod-http-lua)"
    static let installed = allCases.filter { $0.modules != nil }
    static var hasLua: Bool { lua.modules != nil }

    /// The part of the http level; its agent listens on `ask.sock`.
    func http(_ folder: String) throws -> String {
        switch self {
        case .stock: NginxConfiguration.askUpstream(socket: folder + "/ask.sock")
        case .lua: try Self.deployed("edge-purge-lua.conf", folder)
        }
    }

    /// The part of the server.
    func server(_ folder: String) throws -> String {
        switch self {
        case .stock: return try Self.deployed("edge-purge-ask.conf", folder)
        case .lua:
            let code = Self.snippets + "edge-purge-ask.lua"
            return try Self.deployed("edge-purge-ask-lua.conf", folder)
                .replacing("/etc/nginx/edge-purge-ask.lua", with: code)
        }
    }

    /// A file of `deploy/nginx` with the paths of its agent in a directory.
    static func deployed(_ name: String, _ folder: String) throws -> String {
        try String(contentsOfFile: snippets + name, encoding: .utf8)
            .replacing("/run/edge-purge/", with: folder + "/")
    }

    private static var snippets: String {
        "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/") + "/deploy/nginx/"
    }
}
