/// `GET /v1/zones`.
struct ZoneList: Decodable {
    /// All zones.
    var zones: [ZoneSummary]
}

/// One zone as the control plane tells it.
struct ZoneSummary: Decodable {
    /// 32 hexadecimal digits.
    var id: String
    /// What people call it: `shop.example`.
    var name: String
    /// The host patterns its purges may touch.
    var scope: [String]?
}
