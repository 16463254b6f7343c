/// One change of a file of nginx's configuration.
struct NginxEdit: Hashable, Sendable {
    /// Its name as `nginx -T` has it.
    var file: String
    /// The bytes that are replaced; an empty range is a place where something is put.
    var bytes: Range<Int>
    var text: String
    /// What it is for: a file that several places include gets one edit for each purpose, and two that differ cannot
    /// both be made.
    var purpose: String
    /// What keeps it apart from what follows on its line.
    var separator = ""
}
