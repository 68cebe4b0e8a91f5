#pragma once

#include <cstddef>

namespace sluice::sfu {

/// How often `new` was called so far, on all threads but those that said otherwise. Linking
/// counted_allocations.cpp replaces `new` in the whole program.
[[nodiscard]] std::size_t allocations();

/// What this thread allocates does not count: it is the test's own.
void do_not_count_this_thread();

}  // namespace sluice::sfu
