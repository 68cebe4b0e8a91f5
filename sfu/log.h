#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace sluice::sfu {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : std::uint8_t {
  kText,  ///< `2026-01-31T12:00:00.000Z info participant_joined room=demo`
  kJson,  ///< one JSON object a line
};

/// The value of a field. Text is escaped when it is written, so it may come from a peer.
class LogValue {
 public:
  LogValue(bool value) : value_{value} {}  // NOLINT(google-explicit-constructor)
  LogValue(std::floating_point auto value) : value_{static_cast<double>(value)} {}         // NOLINT
  LogValue(std::signed_integral auto value) : value_{static_cast<std::int64_t>(value)} {}  // NOLINT
  LogValue(std::unsigned_integral auto value)                                              // NOLINT
    requires(!std::same_as<decltype(value), bool>)
      : value_{static_cast<std::uint64_t>(value)} {}
  LogValue(std::string_view value) : value_{value} {}                      // NOLINT
  LogValue(const std::string& value) : value_{std::string_view{value}} {}  // NOLINT
  LogValue(const char* value) : value_{std::string_view{value}} {}         // NOLINT

  using Variant = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;
  [[nodiscard]] const Variant& variant() const { return value_; }

 private:
  Variant value_;
};

struct LogField {
  std::string_view name;  ///< snake_case, with the unit last
  LogValue value;
};

/// Where lines go: called with each whole line, without its line end, one call at a time.
using LogSink = std::function<void(std::string_view line)>;

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  /// Of one event, so many lines at once and so many a second in the long run; the rest is counted
  /// and told with the next line of that event. What is of level kError always passes.
  std::uint32_t burst = 20;
  std::uint32_t per_second = 5;
};

/// Structured, rate-limited logging: an event name and fields.
///
///     log.info("participant_joined", {{"room", room}, {"participants", count}});
///
/// The caller never waits for the disk or terminal: lines pass through a bounded queue to a thread
/// of spdlog; when it is full the oldest are lost and counted in `lines_lost`. Fields named like a
/// secret (token, secret, password, authorization, key, cookie) are written as `(hidden)`.
/// Safe to share between threads.
class Log {
 public:
  /// Writes to standard error.
  explicit Log(const LogSettings& settings);
  /// Writes to `sink` at once and reads the time from `now`: for tests.
  Log(const LogSettings& settings, LogSink sink,
      std::function<std::chrono::system_clock::time_point()> now);
  /// Tells what was suppressed and not yet told, and writes what is queued.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// `event` is a string literal in snake_case: it is what rate limits count by.
  void debug(const char* event, std::initializer_list<LogField> fields = {});
  void info(const char* event, std::initializer_list<LogField> fields = {});
  void warning(const char* event, std::initializer_list<LogField> fields = {});
  void error(const char* event, std::initializer_list<LogField> fields = {});

  /// True when lines of `level` are written: for fields that are costly to make.
  [[nodiscard]] bool enabled(LogLevel level) const;
  /// Lines that were lost because the queue was full.
  [[nodiscard]] std::size_t lines_lost() const;

 private:
  class Writer;
  void write(LogLevel level, const char* event, std::initializer_list<LogField> fields);

  LogSettings settings_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice::sfu
