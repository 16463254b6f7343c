/// Whether a directory in a watched tree may hold files of interest, by its path relative to the root.
///
/// One that may not is neither watched nor listed, nor is anything below it. The root always may. Called from any
/// thread.
package typealias DirectoryFilter = @Sendable (_ relativePath: String) -> Bool
