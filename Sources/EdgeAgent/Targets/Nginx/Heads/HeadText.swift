/// A head of another protocol as lines, as HTTP/1 and CGI have them.
struct HeadText {
    /// As far as it could be read; it ends with an empty line if it is all there.
    var bytes: [UInt8] = []
    /// What is wrong with what it was made of.
    var flaw: UnreadableHead?
}
