import Foundation

/// One Markdown file.
struct Document {
    let path: String
    let url: URL
    let text: String

    init(path: String) throws {
        self.path = path
        url = Repository.root.appendingPathComponent(path)
        text = try String(contentsOf: url, encoding: .utf8)
    }

    /// The targets of its links.
    var links: [String] {
        text.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
    }
}
