/// The zone of the development environment.
enum DevZone {
    /// Its id.
    static let id = "d0000000000000000000000000000001"
    /// Its name, and the host its visitors ask for.
    static let name = "shop.example"
    /// Its hosts.
    static let scope = ["shop.example", "*.shop.example"]
}
