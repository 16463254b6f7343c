/// Something that a test waits for, or needs, did not come about.
package struct NeverHappened: Error, CustomStringConvertible {
    package var what: String

    package init(what: String) {
        self.what = what
    }

    package var description: String { "it never happened that \(what)" }
}
