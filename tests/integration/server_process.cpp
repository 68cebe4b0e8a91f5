#include "tests/integration/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace sluice::integration {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct Child {
  pid_t pid = -1;
  int output_fd = -1;
};

Child start(const std::vector<std::string>& arguments) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  const std::string program = std::string{SLUICE_BIN_DIR} + "/sluice-server";
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid == 0) {
    dup2(pipe_fds[1], STDOUT_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  close(pipe_fds[1]);
  fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
  return {.pid = pid, .output_fd = pipe_fds[0]};
}

/// Appends what `fd` has to say within `timeout`; false at its end.
bool drain(int fd, std::string& into, milliseconds timeout) {
  pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
  if (poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) return true;
  char buffer[4096];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
    into.append(buffer, static_cast<std::size_t>(count));
  }
}

/// The exit status of `pid` once it ended; -1 for an end by a signal.
bool reap(pid_t pid, int& status) {
  int raw = 0;
  if (waitpid(pid, &raw, WNOHANG) != pid) return false;
  status = WIFEXITED(raw) ? WEXITSTATUS(raw) : -1;
  return true;
}

std::uint16_t number_in(const std::string& text, const std::regex& pattern) {
  std::smatch found;
  if (!std::regex_search(text, found, pattern)) return 0;
  return static_cast<std::uint16_t>(std::stoul(found[1].str()));
}

}  // namespace

ServerProcess::ServerProcess(const std::vector<std::string>& extra_arguments) {
  std::vector<std::string> arguments{"--port", "0", "--admin-port", "0"};
  if (std::ranges::find(extra_arguments, "--bind") == extra_arguments.end()) {
    arguments.insert(arguments.end(), {"--bind", "127.0.0.1"});
  }
  arguments.insert(arguments.end(), extra_arguments.begin(), extra_arguments.end());
  const Child child = start(arguments);
  pid_ = child.pid;
  output_fd_ = child.output_fd;
  // The one line that people see: "Sluice 0.1.0 is ready: http://127.0.0.1:8080 (admin ...)".
  static const std::regex kReady{R"(is ready: https?://[^ \n]*:(\d+))"};
  static const std::regex kAdmin{R"(admin http://[^ \n]*:(\d+))"};
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  while (port_ == 0) {
    const bool open = read_output(milliseconds{100});
    port_ = number_in(output_, kReady);
    admin_port_ = number_in(output_, kAdmin);
    if (port_ == 0 && (!open || steady_clock::now() > deadline)) {
      kill(pid_, SIGKILL);
      wait(std::chrono::seconds{5});
      close(output_fd_);
      throw std::runtime_error("sluice-server did not become ready: " + output_);
    }
  }
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    wait(std::chrono::seconds{5});
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      wait(std::chrono::seconds{5});
    }
  }
  close(output_fd_);
}

void ServerProcess::signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int ServerProcess::wait(milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  int status = -1;
  while (pid_ > 0) {
    if (reap(pid_, status)) {
      pid_ = -1;
      read_output(milliseconds{0});
      return status;
    }
    if (steady_clock::now() > deadline) return -1;
    // The pipe ends with the process, so this wakes as soon as there is something to reap.
    if (!read_output(milliseconds{20})) poll(nullptr, 0, 1);
  }
  return status;
}

std::size_t ServerProcess::resident_kib() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/status"};
  for (std::string word; file >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && file >> kib) return kib;
  }
  return 0;
}

double ServerProcess::processor_seconds() const {
  std::ifstream file{"/proc/" + std::to_string(pid_) + "/stat"};
  std::string line;
  std::getline(file, line);
  std::istringstream fields{line.substr(line.rfind(')') + 2)};
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double ServerProcess::metric(const std::string& sample) const {
  std::istringstream lines{admin_get("/metrics")};
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > sample.size() && line.starts_with(sample) && line[sample.size()] == ' ') {
      return std::stod(line.substr(sample.size() + 1));
    }
  }
  return -1;
}

std::string ServerProcess::admin_get(const std::string& path) const {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(admin_port_);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    if (::write(fd, request.data(), request.size()) == std::ssize(request)) {
      pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
      char buffer[16384];
      while (poll(&waiting, 1, 5000) > 0) {
        const ssize_t count = ::read(fd, buffer, sizeof buffer);
        if (count <= 0) break;
        answer.append(buffer, static_cast<std::size_t>(count));
      }
    }
  }
  close(fd);
  const std::size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? std::string{} : answer.substr(body + 4);
}

std::string ServerProcess::output() {
  read_output(milliseconds{0});
  return output_;
}

bool ServerProcess::read_output(milliseconds timeout) {
  return drain(output_fd_, output_, timeout);
}

FinishedRun run_server(const std::vector<std::string>& arguments) {
  const Child child = start(arguments);
  FinishedRun run;
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  while (drain(child.output_fd, run.output, milliseconds{50}) && steady_clock::now() < deadline) {
  }
  if (steady_clock::now() >= deadline) kill(child.pid, SIGKILL);
  while (!reap(child.pid, run.status)) poll(nullptr, 0, 1);
  drain(child.output_fd, run.output, milliseconds{0});
  close(child.output_fd);
  return run;
}

}  // namespace sluice::integration
