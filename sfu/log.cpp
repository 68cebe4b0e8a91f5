#include "sfu/log.h"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>

#include "sfu/utf8.h"

namespace sluice::sfu {
namespace {

using Clock = std::chrono::system_clock;

// About 1 MB of waiting lines.
constexpr std::size_t kQueueLinesMax = 8192;

// A value longer than this says nothing more to a reader; a peer may send 64 KiB.
constexpr std::size_t kValueBytesMax = 256;

constexpr std::array<std::string_view, 7> kSecretNames = {
    "token", "secret", "password", "authorization", "key", "cookie", "api_key"};

const char* name_of(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "unknown";
}

std::string timestamp(Clock::time_point now) {
  const auto since_epoch = now.time_since_epoch();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count() % 1000;
  const std::time_t seconds = Clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(milliseconds));
  return text.data();
}

// The escapes of JSON serve both formats: no value can end a line or move a terminal's cursor.
// What is not UTF-8 loses its bytes of 128 and more to question marks.
void append_escaped(std::string& out, std::string_view text) {
  const bool cut = text.size() > kValueBytesMax;
  if (cut) {
    std::size_t end = kValueBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text = text.substr(0, end);
  }
  const bool utf8 = is_utf8(std::as_bytes(std::span{text}));
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // C2 80 to C2 9F are control characters to a terminal too.
    const bool c1 = utf8 && c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c < 0x20 || c == 0x7F || c1) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x",
                    c1 ? static_cast<unsigned char>(text[++i]) : c);
      out += escape.data();
    } else {
      out += c >= 0x80 && !utf8 ? '?' : static_cast<char>(c);
    }
  }
  if (cut) out += "...";
}

bool needs_quotes(std::string_view text) {
  return text.empty() || !std::ranges::all_of(text, [](unsigned char c) {
           return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
         });
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

void append_value(std::string& out, const LogField& field, LogFormat format) {
  if (std::ranges::find(kSecretNames, field.name) != kSecretNames.end()) {
    out += format == LogFormat::kJson ? "\"(hidden)\"" : "(hidden)";
    return;
  }
  std::visit(
      [&]<typename T>(const T& value) {
        if constexpr (std::is_same_v<T, bool>) {
          out += value ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          if (format == LogFormat::kJson || needs_quotes(value) || value.size() > kValueBytesMax) {
            append_quoted(out, value);
          } else {
            out += value;
          }
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no infinities.
          out += std::isfinite(value) ? fmt::format("{:.6g}", value) : "null";
        } else {
          out += fmt::to_string(value);
        }
      },
      field.value.variant());
}

std::string format_line(LogFormat format, Clock::time_point now, LogLevel level, const char* event,
                        std::initializer_list<LogField> fields, std::uint64_t suppressed) {
  const bool json = format == LogFormat::kJson;
  std::string line;
  if (json) {
    line = "{\"time\":\"" + timestamp(now) + "\",\"level\":\"" + name_of(level) +
           "\",\"event\":\"" + event + '"';
  } else {
    line = timestamp(now) + ' ' + name_of(level) + ' ' + event;
  }
  const auto append = [&](const LogField& field) {
    line += json ? ",\"" : " ";
    line += field.name;
    line += json ? "\":" : "=";
    append_value(line, field, format);
  };
  for (const LogField& field : fields) append(field);
  if (suppressed != 0) append({.name = "suppressed", .value = suppressed});
  if (json) line += '}';
  return line;
}

// Hands each line to a function, as tests want it.
class FunctionSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(LogSink write_line) : write_line_{std::move(write_line)} {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_line_(std::string_view{message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

 private:
  LogSink write_line_;
};

// A token bucket: `tokens` refill with time.
struct EventRate {
  double tokens = 0;
  Clock::time_point refilled;
  std::uint64_t suppressed = 0;
};

}  // namespace

class Log::Writer {
 public:
  Writer(const LogSettings& settings, std::shared_ptr<spdlog::details::thread_pool> pool,
         std::shared_ptr<spdlog::logger> logger, std::function<Clock::time_point()> now)
      : settings_{settings},
        pool_{std::move(pool)},
        logger_{std::move(logger)},
        now_{std::move(now)} {
    // Lines come formatted; spdlog's own level must let all pass, as ours is asked before.
    logger_->set_pattern("%v");
    logger_->set_level(spdlog::level::trace);
    logger_->flush_on(spdlog::level::trace);
  }

  ~Writer() {
    const std::scoped_lock lock{mutex_};
    for (const auto& [event, rate] : rates_) {
      if (rate.suppressed == 0) continue;
      emit(format_line(settings_.format, now_(), LogLevel::kInfo, "suppressed",
                       {{"of_event", event}, {"suppressed", rate.suppressed}}, 0));
    }
    logger_->flush();
    // Its thread ends before the logger that it writes for.
    pool_.reset();
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  void write(LogLevel level, const char* event, std::initializer_list<LogField> fields) {
    const Clock::time_point now = now_();
    std::uint64_t suppressed = 0;
    if (!admit(level, event, now, suppressed)) return;
    emit(format_line(settings_.format, now, level, event, fields, suppressed));
  }

  std::size_t lines_lost() const { return pool_ ? pool_->overrun_counter() : 0; }

 private:
  bool admit(LogLevel level, const char* event, Clock::time_point now, std::uint64_t& suppressed) {
    const std::scoped_lock lock{mutex_};
    const double burst = settings_.burst;
    auto [found, inserted] = rates_.try_emplace(event, EventRate{.tokens = burst, .refilled = now});
    EventRate& rate = found->second;
    const double elapsed = std::chrono::duration<double>(now - rate.refilled).count();
    // The wall clock may be set back.
    rate.tokens = std::min(burst, rate.tokens + std::max(0.0, elapsed) * settings_.per_second);
    rate.refilled = now;
    if (rate.tokens < 1 && level != LogLevel::kError) {
      ++rate.suppressed;
      return false;
    }
    rate.tokens = std::max(0.0, rate.tokens - 1);
    suppressed = std::exchange(rate.suppressed, 0);
    return true;
  }

  void emit(const std::string& line) {
    logger_->log(spdlog::level::info, spdlog::string_view_t{line});
  }

  LogSettings settings_;
  // The pool's queue outlives the logger that posts to it.
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
  std::function<Clock::time_point()> now_;
  std::mutex mutex_;
  // Bounded by the number of events that the source code names.
  std::map<std::string, EventRate, std::less<>> rates_;
};

Log::Log(const LogSettings& settings) : settings_{settings} {
  auto pool = std::make_shared<spdlog::details::thread_pool>(kQueueLinesMax, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      "sluice", std::make_shared<spdlog::sinks::stderr_sink_mt>(), pool,
      spdlog::async_overflow_policy::overrun_oldest);
  writer_ = std::make_unique<Writer>(settings, std::move(pool), std::move(logger),
                                     [] { return Clock::now(); });
}

Log::Log(const LogSettings& settings, LogSink sink, std::function<Clock::time_point()> now)
    : settings_{settings} {
  auto logger =
      std::make_shared<spdlog::logger>("sluice", std::make_shared<FunctionSink>(std::move(sink)));
  writer_ = std::make_unique<Writer>(settings, nullptr, std::move(logger), std::move(now));
}

Log::~Log() = default;

void Log::debug(const char* event, std::initializer_list<LogField> fields) {
  write(LogLevel::kDebug, event, fields);
}
void Log::info(const char* event, std::initializer_list<LogField> fields) {
  write(LogLevel::kInfo, event, fields);
}
void Log::warning(const char* event, std::initializer_list<LogField> fields) {
  write(LogLevel::kWarning, event, fields);
}
void Log::error(const char* event, std::initializer_list<LogField> fields) {
  write(LogLevel::kError, event, fields);
}

bool Log::enabled(LogLevel level) const { return level >= settings_.level; }
std::size_t Log::lines_lost() const { return writer_->lines_lost(); }

void Log::write(LogLevel level, const char* event, std::initializer_list<LogField> fields) {
  if (enabled(level)) writer_->write(level, event, fields);
}

}  // namespace sluice::sfu
