#include "client/command/run.h"

#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdio>
#include <string>

namespace sluice::client {
namespace {

using std::chrono::seconds;
using ErrorCode = boost::system::error_code;

constexpr seconds kStopTimeout{2};

/// Owns what waits beside the session; everything is cancelled with it.
class Runner {
 public:
  Runner(boost::asio::io_context& io, const RunCallbacks& callbacks)
      : io_{io}, callbacks_{callbacks}, signals_{io, SIGINT, SIGTERM}, end_{io}, second_{io} {}

  void start(std::optional<seconds> duration) {
    wait_for_signal();
    if (duration) {
      end_.expires_after(*duration);
      end_.async_wait([this](const ErrorCode& error) {
        if (!error) stop();
      });
    }
    second_.expires_after(seconds{1});
    wait_for_second();
  }

 private:
  void wait_for_signal() {
    signals_.async_wait([this](const ErrorCode& error, int) {
      if (error) return;
      if (stopping_) return io_.stop();
      wait_for_signal();
      stop();
    });
  }

  void wait_for_second() {
    second_.async_wait([this](const ErrorCode& error) {
      if (error) return;
      callbacks_.second();
      second_.expires_at(second_.expiry() + seconds{1});
      wait_for_second();
    });
  }

  void stop() {
    if (stopping_) return;
    stopping_ = true;
    callbacks_.stop();
    end_.expires_after(kStopTimeout);
    end_.async_wait([this](const ErrorCode& error) {
      if (!error) io_.stop();
    });
  }

  boost::asio::io_context& io_;
  const RunCallbacks& callbacks_;
  boost::asio::signal_set signals_;
  boost::asio::steady_timer end_;
  boost::asio::steady_timer second_;
  bool stopping_ = false;
};

}  // namespace

void run_until_done(boost::asio::io_context& io, std::optional<seconds> duration,
                    const RunCallbacks& callbacks) {
  // A reader of our output that went away is seen as a failed write, not as our death.
  std::signal(SIGPIPE, SIG_IGN);
  Runner runner{io, callbacks};
  runner.start(duration);
  io.run();
}

void ProgressLine::show(const std::string& text) {
  const bool terminal = isatty(STDERR_FILENO) != 0;
  if (terminal) {
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    open_ = true;
  } else if (++calls_ % 10 == 0) {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void ProgressLine::end() {
  if (open_) std::fputc('\n', stderr);
  open_ = false;
}

}  // namespace sluice::client
