#include "tests/link/command.h"

#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

namespace sluice::link {
namespace {

constexpr int kCannotRun = 127;  // as a shell says it

/// In the child: its own group, the parent's end, the namespace and the signals as they come.
void settle(pid_t parent, int space) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);  // it died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (setns(space, CLONE_NEWNET) != 0) {
    std::perror("setns");
    _exit(kCannotRun);
  }
}

bool listens(int port) {
  const int number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = htons(static_cast<std::uint16_t>(port)),
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  const bool connected =
      connect(number, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(number);
  return connected;
}

}  // namespace

std::expected<Command, std::string> Command::start(int space,
                                                   const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) return std::unexpected(std::string{"fork: "} + std::strerror(errno));
  if (process == 0) {
    settle(parent, space);
    execvp(arguments[0], arguments.data());
    std::fprintf(stderr, "tests/link/run: %s: %s\n", arguments[0], std::strerror(errno));
    _exit(kCannotRun);
  }
  setpgid(process, process);  // whoever comes first, parent or child
  return Command{process};
}

std::expected<Command, std::string> Command::wait_for_port(int space, int port) {
  constexpr int kTries = 200;
  constexpr useconds_t kBetween = 50'000;
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) return std::unexpected(std::string{"fork: "} + std::strerror(errno));
  if (process == 0) {
    settle(parent, space);
    for (int tried = 0; tried < kTries; ++tried) {
      if (listens(port)) _exit(0);
      usleep(kBetween);
    }
    _exit(1);
  }
  setpgid(process, process);
  return Command{process};
}

Command::Command(Command&& other) noexcept
    : process_{std::exchange(other.process_, 0)}, status_{other.status_} {}

Command::~Command() {
  if (process_ == 0) return;
  // Its group too: what it left behind must not hold the namespace.
  kill(-process_, SIGKILL);
  if (!status_) waitpid(process_, nullptr, 0);
}

std::optional<int> Command::status() {
  int raw = 0;
  if (!status_ && waitpid(process_, &raw, WNOHANG) == process_) {
    status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
  }
  return status_;
}

void Command::signal(int signal) { kill(-process_, signal); }

}  // namespace sluice::link
