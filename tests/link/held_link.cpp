#include "tests/link/held_link.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace sluice::link {
namespace {

std::pair<Descriptor, Descriptor> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error{"no pipe"};
  return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

std::string read_all(int descriptor, char until) {
  std::string text;
  char letter = 0;
  while (read(descriptor, &letter, 1) == 1 && letter != until) text += letter;
  return text;
}

}  // namespace

HeldLink::HeldLink(const std::vector<std::string>& options) {
  auto [their_input, input] = make_pipe();
  auto [output, their_output] = make_pipe();
  auto [errors, their_errors] = make_pipe();
  std::vector<std::string> words{SLUICE_BIN_DIR "/sluice-link", "--hold"};
  words.insert(words.end(), options.begin(), options.end());
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  process_ = fork();
  if (process_ == 0) {
    dup2(their_input.get(), STDIN_FILENO);
    dup2(their_output.get(), STDOUT_FILENO);
    dup2(their_errors.get(), STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  input_ = std::move(input);
  output_ = std::move(output);
  errors_ = std::move(errors);
  their_output = Descriptor{};
  their_errors = Descriptor{};
  const std::string line = read_all(output_.get(), '\n');
  if (!line.empty()) where_ = nlohmann::json::parse(line);
}

HeldLink::~HeldLink() {
  if (process_ > 0) finish();
}

Descriptor HeldLink::udp_socket(Side side) const {
  const auto& there = where_.at(side == Side::kServer ? "server" : "client");
  const Descriptor before{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
  const Descriptor space{
      open(there.at("namespace").get<std::string>().c_str(), O_RDONLY | O_CLOEXEC)};
  if (setns(space.get(), CLONE_NEWNET) != 0) throw std::runtime_error{"setns"};
  Descriptor made{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{.sin_family = AF_INET};
  inet_pton(AF_INET, there.at("address").get<std::string>().c_str(), &address.sin_addr);
  const int bound = bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (setns(before.get(), CLONE_NEWNET) != 0 || bound != 0) throw std::runtime_error{"bind"};
  return made;
}

nlohmann::json HeldLink::finish() {
  input_ = Descriptor{};
  const std::string statistics = read_all(errors_.get(), '\n');
  waitpid(std::exchange(process_, 0), nullptr, 0);
  return nlohmann::json::parse(statistics, nullptr, false);
}

}  // namespace sluice::link
