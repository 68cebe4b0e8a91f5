#pragma once

#include <cstdio>
#include <cstdlib>

namespace sluice::signaling {

/// Stops the process when our own reasoning is broken; in release builds too.
///
/// A peer's bytes never reach one of these: they are input, and bad input is a value.
inline void invariant(bool holds, const char* rule) {
  if (!holds) [[unlikely]] {
    std::fputs("broken invariant: ", stderr);
    std::fputs(rule, stderr);
    std::fputs("\n", stderr);
    std::abort();
  }
}

}  // namespace sluice::signaling
