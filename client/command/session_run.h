#pragma once

#include <CLI/App.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/command/exit_code.h"
#include "client/command/run.h"

namespace sluice::client {

/// The options of every command that stays in a room for a while.
class SessionArguments {
 public:
  /// Gives the option --json, for those that exclude it.
  CLI::Option* add_to(CLI::App& app);

  [[nodiscard]] std::optional<std::chrono::seconds> duration() const;
  [[nodiscard]] bool json() const { return json_; }

 private:
  std::optional<std::string> duration_;
  bool json_ = false;
};

struct SessionEnd {
  ExitCode code = ExitCode::kDone;
  std::string failure;  ///< one sentence for people; empty when the end was wanted
};

/// Starts `session` (a PublishSession or WatchSession) and runs `io` until it is done, at the
/// latest after `duration`. `progress` is called each second.
template <typename Session>
[[nodiscard]] SessionEnd run_session(boost::asio::io_context& io, Session& session,
                                     std::optional<std::chrono::seconds> duration,
                                     const std::function<void()>& progress) {
  SessionEnd end;
  session.start([&](const typename Session::Outcome& outcome) {
    end.failure = outcome.failure;
    end.code = exit_code_for(outcome.reason, !outcome.failure.empty());
    io.stop();
  });
  run_until_done(io, duration, {.stop = [&] { session.stop(); }, .second = progress});
  return end;
}

}  // namespace sluice::client
