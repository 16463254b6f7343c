#pragma once
#include <stdint.h>

// The first 12 hexadecimal digits of the commit that this program was built from; 0 where the build was not told.
uint64_t cbuild_commit(void);
