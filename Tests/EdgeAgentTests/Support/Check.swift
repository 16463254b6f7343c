import Testing

/// As `#expect`, for the inside of long loops: costs nothing while it holds.
func check(
    _ condition: Bool, _ comment: @autoclosure () -> Comment, sourceLocation: SourceLocation = #_sourceLocation
) {
    if !condition { Issue.record(comment(), sourceLocation: sourceLocation) }
}
