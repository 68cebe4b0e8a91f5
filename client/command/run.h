#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>

namespace sluice::client {

/// What `run_until_done` calls, all on its one thread.
struct RunCallbacks {
  /// SIGINT, SIGTERM or the end of the time: end cleanly, then `io` runs out of work.
  std::function<void()> stop;
  /// Each second, for a line of progress.
  std::function<void()> second;
};

/// Runs `io` until it is stopped. A second signal, or two seconds without an end after the first,
/// stops it at once.
void run_until_done(boost::asio::io_context& io, std::optional<std::chrono::seconds> duration,
                    const RunCallbacks& callbacks);

/// Shows one line of progress on standard error: over the line before on a terminal, else as a line
/// of its own every tenth time.
class ProgressLine {
 public:
  void show(const std::string& text);
  /// Leaves the last line standing.
  void end();

 private:
  int calls_ = 0;
  bool open_ = false;
};

}  // namespace sluice::client
