#include "build.h"

// From Package.swift.
uint64_t cbuild_commit(void) { return CBUILD_COMMIT; }
