/// Whether a drain reported everything.
package enum DrainOutcome: Sendable, Equatable {
    /// Everything that happened before the call has been reported.
    case complete
    /// Something was not: the kernel's queue overflowed, a directory with unknown content was renamed away, or an
    /// earlier drain failed. The caller must look at all files of all roots again, after this; later changes are
    /// reported as usual.
    case overflowed
    /// A whole directory was moved into the tree, or within it: what is in it may be of any age. Otherwise as
    /// ``overflowed``.
    case movedIn
}
