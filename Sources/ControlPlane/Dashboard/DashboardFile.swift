import Crypto
import HTTPTypes
import Hummingbird
import PurgeModel

/// One file of the dashboard, as it is built into the program.
struct DashboardFile: Sendable {
    /// Where it is served.
    let path: String
    /// What a browser should take it for.
    let contentType: String
    /// Its content.
    let body: ByteBuffer
    /// Names this content: another build of the file has another one.
    let entityTag: String

    init(path: String, contentType: String, bytes: [UInt8]) {
        self.path = path
        self.contentType = contentType
        body = ByteBuffer(bytes: bytes)
        let digest = SHA256.hash(data: bytes).prefix(12)
        entityTag = "\"" + HexText.text(digest) + "\""
    }

    /// All of them.
    static let all: [DashboardFile] = [
        DashboardFile(path: "/", contentType: "text/html; charset=utf-8", bytes: PackageResources.index_html),
        asset("dashboard.css", contentType: "text/css; charset=utf-8", bytes: PackageResources.dashboard_css),
        asset("favicon.svg", contentType: "image/svg+xml", bytes: PackageResources.favicon_svg),
        script("agents.js", PackageResources.agents_js),
        script("api.js", PackageResources.api_js),
        script("chart.js", PackageResources.chart_js),
        script("dashboard.js", PackageResources.dashboard_js),
        script("dialogs.js", PackageResources.dialogs_js),
        script("dom.js", PackageResources.dom_js),
        script("format.js", PackageResources.format_js),
        script("keys.js", PackageResources.keys_js),
        script("overview.js", PackageResources.overview_js),
        script("polling.js", PackageResources.polling_js),
        script("purge-detail.js", PackageResources.purge_detail_js),
        script("purge-form.js", PackageResources.purge_form_js),
        script("purge-history.js", PackageResources.purge_history_js),
        script("purge-table.js", PackageResources.purge_table_js),
        script("sign-in.js", PackageResources.sign_in_js),
        script("table.js", PackageResources.table_js),
        script("words.js", PackageResources.words_js),
    ]

    private static func script(_ name: String, _ bytes: [UInt8]) -> DashboardFile {
        asset(name, contentType: "text/javascript; charset=utf-8", bytes: bytes)
    }

    private static func asset(_ name: String, contentType: String, bytes: [UInt8]) -> DashboardFile {
        DashboardFile(path: "/dashboard/\(name)", contentType: contentType, bytes: bytes)
    }
}
