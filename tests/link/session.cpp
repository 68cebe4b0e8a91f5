#include "tests/link/session.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::link {
namespace {

constexpr const char* kServerAddress = "10.77.0.1";
constexpr const char* kClientAddress = "10.77.0.2";
constexpr Duration kStopTime = std::chrono::seconds{5};
constexpr int kFailed = 1;

std::unexpected<std::string> failure(const char* what) {
  return std::unexpected(std::string{what} + ": " + std::strerror(errno));
}

double milliseconds(Duration time) { return static_cast<double>(time.count()) / 1000; }

nlohmann::json json_of(const LinkDirection::Counters& counters, Duration time) {
  const auto accepted =
      static_cast<double>(counters.packets - counters.lost_packets - counters.overflowed_packets);
  const double seconds = static_cast<double>(time.count()) / 1e6;
  return {
      {"packets", counters.packets},
      {"bytes", counters.bytes},
      {"delivered_packets", counters.delivered_packets},
      {"delivered_bytes", counters.delivered_bytes},
      {"lost_packets", counters.lost_packets},
      {"overflowed_packets", counters.overflowed_packets},
      {"queue_bytes_most", counters.queue_bytes_most},
      {"wait_ms_most", milliseconds(counters.wait_most)},
      {"wait_ms_mean", accepted > 0 ? milliseconds(counters.wait_total) / accepted : 0.0},
      {"rate_bits_per_second",
       seconds > 0 ? static_cast<double>(counters.delivered_bytes) * 8 / seconds : 0.0},
  };
}

bool watch(int events, int descriptor) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
  return epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

std::expected<Session, std::string> Session::create(Arguments arguments) {
  auto server = NetworkNamespace::create(
      {.address = kServerAddress, .congestion_control = arguments.congestion_control});
  if (!server) return std::unexpected(std::move(server.error()));
  auto client = NetworkNamespace::create(
      {.address = kClientAddress, .congestion_control = arguments.congestion_control});
  if (!client) return std::unexpected(std::move(client.error()));

  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1}) sigaddset(&mask, signal);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  Descriptor signals{signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC)};
  Descriptor timer{timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
  Descriptor events{epoll_create1(EPOLL_CLOEXEC)};
  if (!signals.valid() || !timer.valid() || !events.valid()) return failure("descriptors");
  for (const int descriptor : {server->device(), client->device(), signals.get(), timer.get()}) {
    if (!watch(events.get(), descriptor)) return failure("epoll");
  }
  return Session{std::move(arguments), *std::move(server), *std::move(client),
                 std::move(signals),   std::move(timer),   std::move(events)};
}

Session::Session(Arguments arguments, NetworkNamespace server, NetworkNamespace client,
                 Descriptor signals, Descriptor timer, Descriptor events)
    : arguments_{std::move(arguments)},
      server_{std::move(server)},
      client_{std::move(client)},
      signals_{std::move(signals)},
      timer_{std::move(timer)},
      events_{std::move(events)},
      forwarder_{server_.device(), client_.device(), arguments_.down, arguments_.up} {}

bool Session::take(std::expected<Command, std::string> started, std::optional<Command>& command) {
  if (!started) {
    std::fprintf(stderr, "tests/link/run: %s\n", started.error().c_str());
    return false;
  }
  command.emplace(*std::move(started));
  return true;
}

bool Session::start_client() {
  return take(Command::start(client_.descriptor(), arguments_.client_command), client_command_);
}

bool Session::start_commands() {
  setenv("SLUICE_LINK_SERVER", kServerAddress, 1);
  setenv("SLUICE_LINK_CLIENT", kClientAddress, 1);
  if (!take(Command::start(server_.descriptor(), arguments_.server_command), server_command_)) {
    return false;
  }
  if (!arguments_.wait_port) return start_client();
  return take(Command::wait_for_port(server_.descriptor(), *arguments_.wait_port), waiter_);
}

void Session::stop(int status) {
  if (status_) return;
  status_ = status;
  kill_at_ = Forwarder::now() + kStopTime;
  for (auto* command : {&client_command_, &server_command_}) {
    if (*command && !(*command)->status()) (*command)->signal(SIGTERM);
  }
}

void Session::look_at_commands() {
  if (waiter_ && waiter_->status()) {
    const bool listens = waiter_->status() == 0;
    waiter_.reset();
    if (!listens) {
      std::fprintf(stderr, "tests/link/run: nothing listens on port %d of the server's side\n",
                   *arguments_.wait_port);
    }
    if (!status_ && (!listens || !start_client())) stop(kFailed);
  }
  if (client_command_ && client_command_->status()) stop(*client_command_->status());
  // A server's command that only prepared something may end; one that failed ends the run.
  const auto server = server_command_ ? server_command_->status() : std::nullopt;
  if (!status_ && server.value_or(0) != 0) {
    std::fprintf(stderr, "tests/link/run: the server's command ended with status %d\n", *server);
    stop(kFailed);
  }
}

void Session::take_signals() {
  signalfd_siginfo signal{};
  while (read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGUSR1) {
      forwarder_.restart_schedules();
    } else if (signal.ssi_signo != SIGCHLD) {
      // Held until told to end: that is no failure.
      stop(arguments_.hold ? 0 : 128 + static_cast<int>(signal.ssi_signo));
    }
  }
}

void Session::take_input() {
  std::array<char, 256> ignored;
  if (read(STDIN_FILENO, ignored.data(), ignored.size()) <= 0) stop(0);
}

bool Session::ended() {
  if (!status_) return false;
  for (auto* command : {&client_command_, &server_command_}) {
    if (*command && !(*command)->status() && Forwarder::now() < kill_at_) return false;
  }
  return true;
}

void Session::arm_timer() {
  const Time due = std::min(forwarder_.next_delivery(), kill_at_);
  itimerspec setting{};
  if (due != Time::max()) {
    const auto since = std::max<Duration::rep>(1, due.time_since_epoch().count());
    setting.it_value = {.tv_sec = since / 1'000'000, .tv_nsec = since % 1'000'000 * 1000};
  }
  timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr);
}

void Session::print_namespaces() const {
  const nlohmann::json where{
      {"pid", getpid()},
      {"server", {{"namespace", server_.path()}, {"address", kServerAddress}}},
      {"client", {{"namespace", client_.path()}, {"address", kClientAddress}}}};
  std::printf("%s\n", where.dump().c_str());
  std::fflush(stdout);
}

bool Session::write_statistics() const {
  const Duration time = forwarder_.running();
  const nlohmann::json statistics{
      {"seconds", static_cast<double>(time.count()) / 1e6},
      {"lateness_ms_most", milliseconds(forwarder_.lateness_most())},
      {"down", json_of(forwarder_.counters(Forwarder::Side::kServer), time)},
      {"up", json_of(forwarder_.counters(Forwarder::Side::kClient), time)}};
  if (arguments_.statistics_file.empty()) {
    std::fprintf(stderr, "%s\n", statistics.dump().c_str());
    return true;
  }
  std::ofstream file{arguments_.statistics_file};
  file << statistics.dump(2) << '\n' << std::flush;
  if (!file) std::fprintf(stderr, "%s: cannot be written\n", arguments_.statistics_file.c_str());
  return static_cast<bool>(file);
}

int Session::run() {
  if (arguments_.hold) {
    if (!watch(events_.get(), STDIN_FILENO)) {
      std::fprintf(stderr, "tests/link/run: --hold needs a standard input that can end (a pipe)\n");
      return kFailed;
    }
    print_namespaces();
  } else if (!start_commands()) {
    return kFailed;
  }
  become_punctual();
  while (!ended()) {
    arm_timer();
    std::array<epoll_event, 8> events;
    const int count = epoll_wait(events_.get(), events.data(), events.size(), -1);
    for (int index = 0; index < count; ++index) {
      const int descriptor = events[static_cast<std::size_t>(index)].data.fd;
      if (descriptor == server_.device()) forwarder_.read(Forwarder::Side::kServer);
      if (descriptor == client_.device()) forwarder_.read(Forwarder::Side::kClient);
      if (descriptor == signals_.get()) take_signals();
      if (descriptor == STDIN_FILENO) take_input();
    }
    forwarder_.deliver();
    look_at_commands();
  }
  const bool written = write_statistics();
  return written || *status_ != 0 ? *status_ : kFailed;
}

}  // namespace sluice::link
