#include "tests/link/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <sstream>
#include <utility>

#include "tests/link/rate_plan.h"

namespace sluice::link {
namespace {

constexpr const char* kAbout =
    "Runs a command on each side of an emulated link, in network namespaces of their own.\n\n"
    "The link carries IPv4 between the two: in each direction a drop-tail queue, a bottleneck, "
    "then\n"
    "a fixed delay; losses come before the queue. The server's side is 10.77.0.1 "
    "(SLUICE_LINK_SERVER\n"
    "for the commands), the client's 10.77.0.2 (SLUICE_LINK_CLIENT); each has a loopback too. The "
    "run\n"
    "ends with the client's command, whose exit status it takes; the server's is then stopped. "
    "The\n"
    "namespaces have no names and vanish with the run, however it ends. Needs root.\n\n"
    "  tests/link/run [OPTIONS] -- SERVER-COMMAND... -- CLIENT-COMMAND...\n"
    "  tests/link/run [OPTIONS] --hold";
constexpr const char* kExamples =
    "Rates: 600kbit; steps, again from the start at the end: 3mbit:20s,400kbit:20s,3mbit; or\n"
    "trace:FILE (mahimahi's milliseconds, or lines of seconds and Mbit/s). They, outages and "
    "traces\n"
    "begin with the first packet; SIGUSR1 begins them anew.\n"
    "An option without -up or -down counts for both directions.\n\n"
    "Examples:\n"
    "  tests/link/run --down 600kbit --delay 40ms --queue 200ms --wait-port 8080 -- \\\n"
    "      build/release/bin/sluice-server --bind 0.0.0.0 --insecure-open-rooms -- \\\n"
    "      build/release/bin/sluice watch tcp://10.77.0.1:8080 --room demo --duration 30s\n"
    "  tests/link/run --down 2mbit --delay 20ms --outage 10s+3s --hold     # prints where to "
    "enter:\n"
    "      nsenter --net=PATH COMMAND";

/// One option of a direction: what was given for both, and for it alone.
struct PerDirection {
  std::string both, down, up;
  [[nodiscard]] const std::string& of(bool downwards) const {
    const std::string& own = downwards ? down : up;
    return own.empty() ? both : own;
  }
};

struct Given {
  std::string down_rate, up_rate;
  PerDirection delay{.both = "0ms"};
  PerDirection queue{.both = "200ms"};
  PerDirection loss{.both = "0%"};
  PerDirection burst{.both = "1"};
  PerDirection outage;
  std::uint64_t seed = 1;
};

using Failure = std::string;

std::expected<double, Failure> parse_number(const std::string& text, double least, double most,
                                            const char* what) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  const bool percent = most <= 1 && std::string_view{end} == "%";
  const double scaled = percent ? value / 100 : value;
  if (end == text.c_str() || (*end != '\0' && !percent) || !(scaled >= least && scaled <= most)) {
    return std::unexpected("'" + text + "' is no " + what);
  }
  return scaled;
}

/// Bytes as they are (`64kB`), or a time at the link's mean rate.
std::expected<std::size_t, Failure> parse_queue(const std::string& text, const RatePlan& plan) {
  constexpr double kBytesMost = 1e9;
  double bytes = 0;
  if (text.ends_with('B')) {
    const bool thousands = text.ends_with("kB");
    auto number = parse_number(text.substr(0, text.size() - (thousands ? 2 : 1)), 0, kBytesMost,
                               "queue such as 64kB, 1500B or 200ms");
    if (!number) return std::unexpected(number.error());
    bytes = *number * (thousands ? 1000 : 1);
  } else {
    const auto time = parse_duration(text);
    if (!time) return std::unexpected(time.error());
    bytes = mean_rate(plan) / 8 * static_cast<double>(time->count()) / 1e6;
  }
  return static_cast<std::size_t>(std::llround(std::min(bytes, kBytesMost)));
}

std::expected<RatePlan, Failure> plan_outage(const RatePlan& plan, const std::string& text) {
  if (text.empty()) return plan;
  const std::size_t plus = text.find('+');
  if (plus == std::string::npos) {
    return std::unexpected("'" + text + "' is no outage such as 10s+3s (start+length)");
  }
  const auto at = parse_duration(text.substr(0, plus));
  if (!at) return std::unexpected(at.error());
  const auto length = parse_duration(text.substr(plus + 1));
  if (!length) return std::unexpected(length.error());
  return with_outage(plan, *at, *length);
}

std::expected<LinkDirection::Settings, Failure> direction(const Given& given, bool downwards) {
  const std::string& rate = downwards || given.up_rate.empty() ? given.down_rate : given.up_rate;
  auto plan = parse_rate_plan(rate.empty() ? "10gbit" : rate);
  if (plan) plan = plan_outage(*plan, given.outage.of(downwards));
  if (!plan) return std::unexpected(std::move(plan.error()));
  const auto delay = parse_duration(given.delay.of(downwards));
  if (!delay) return std::unexpected(delay.error());
  const auto queue = parse_queue(given.queue.of(downwards), *plan);
  if (!queue) return std::unexpected(queue.error());
  const auto loss = parse_number(given.loss.of(downwards), 0, 0.99, "share such as 3% or 0.03");
  if (!loss) return std::unexpected(loss.error());
  const auto burst = parse_number(given.burst.of(downwards), 1, 1e6, "mean number of packets");
  if (!burst) return std::unexpected(burst.error());
  return LinkDirection::Settings{
      .capacity = sim::Capacity{*std::move(plan)},
      .delay = *delay,
      .queue_bytes = *queue,
      // Two streams of random numbers: the directions do not lose alike.
      .loss = {.share = *loss, .mean_burst = *burst, .seed = given.seed * 2 + (downwards ? 0 : 1)}};
}

void add_per_direction(CLI::App& app, const std::string& name, PerDirection& values,
                       const std::string& type, const std::string& what) {
  app.add_option(name, values.both, what)->type_name(type)->capture_default_str();
  app.add_option(name + "-down", values.down, "The same, downwards only")->type_name(type);
  app.add_option(name + "-up", values.up, "The same, upwards only")->type_name(type);
}

/// The three parts between the two separators: options, the server's command, the client's.
std::vector<std::vector<std::string>> split(const std::vector<std::string>& words) {
  std::vector<std::vector<std::string>> parts(1);
  for (const std::string& word : words) {
    // Only the first two: a command may have a separator of its own.
    if (word == "--" && parts.size() < 3) {
      parts.emplace_back();
    } else {
      parts.back().push_back(word);
    }
  }
  return parts;
}

}  // namespace

std::expected<Arguments, Refusal> parse_arguments(const std::vector<std::string>& words) {
  Given given;
  Arguments arguments;
  CLI::App app{kAbout, "tests/link/run"};
  app.footer(kExamples);
  app.add_option("--down", given.down_rate, "What the server's side sends; unlimited otherwise")
      ->type_name("RATE");
  app.add_option("--up", given.up_rate, "What the client's side sends; as --down otherwise")
      ->type_name("RATE");
  add_per_direction(app, "--delay", given.delay, "TIME", "One way");
  add_per_direction(app, "--queue", given.queue, "BYTES|TIME",
                    "Bound of the queue: 64kB, or a time at the mean rate");
  add_per_direction(app, "--loss", given.loss, "SHARE", "Of the packets: 3% or 0.03");
  add_per_direction(app, "--loss-burst", given.burst, "PACKETS", "Mean length of a run of losses");
  add_per_direction(app, "--outage", given.outage, "TIME+TIME", "Nothing passes: start+length");
  app.add_option("--seed", given.seed, "Of the losses")->capture_default_str();
  app.add_option("--congestion-control", arguments.congestion_control,
                 "Of TCP on both sides: cubic, bbr; the system's otherwise")
      ->type_name("NAME");
  app.add_option("--wait-port", arguments.wait_port,
                 "Start the client's command when the server's side listens there")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
  app.add_option("--statistics", arguments.statistics_file,
                 "Where the figures go at the end, as JSON; standard error otherwise")
      ->type_name("FILE");
  app.add_flag(
      "--hold", arguments.hold,
      "Run no command: print where the namespaces are, as JSON, until standard input ends");
  auto parts = split(words);
  try {
    // CLI11 takes the words from the back.
    std::ranges::reverse(parts[0]);
    app.parse(std::move(parts[0]));
  } catch (const CLI::CallForHelp&) {
    return std::unexpected(Refusal{.text = app.help(), .status = 0});
  } catch (const CLI::ParseError& error) {
    return std::unexpected(Refusal{.text = std::string{error.what()} + "; see --help\n"});
  }
  const auto refuse = [](const std::string& why) {
    return std::unexpected(Refusal{.text = why + "; see --help\n"});
  };
  if (arguments.hold != (parts.size() == 1)) {
    return refuse("either two commands, each behind --, or --hold");
  }
  if (!arguments.hold) {
    if (parts.size() != 3 || parts[1].empty() || parts[2].empty()) {
      return refuse("two commands are needed, each behind --");
    }
    arguments.server_command = std::move(parts[1]);
    arguments.client_command = std::move(parts[2]);
  }
  for (const bool downwards : {true, false}) {
    auto settings = direction(given, downwards);
    if (!settings) return refuse(settings.error());
    (downwards ? arguments.down : arguments.up) = *std::move(settings);
  }
  return arguments;
}

}  // namespace sluice::link
