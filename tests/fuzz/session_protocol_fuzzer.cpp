// Three sessions and the room layer on hostile input. Each line of the input is a control message;
// its first byte says whose, and how much time passes. Whatever comes: every message that the
// server sends can be read, nothing is sent on a closed session, and no member stays behind in a
// room.

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "signaling/invariant.h"
#include "signaling/room_directory.h"
#include "signaling/server_message.h"
#include "signaling/session_protocol.h"

using namespace sluice::signaling;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::sys_seconds kWall{1'750'000'000s};

class Server {
 public:
  void on_line(std::string_view line) {
    const auto choice = static_cast<unsigned char>(line[0]);
    const std::uint64_t session = choice % sessions_.size();
    now_ += std::chrono::milliseconds{10 * (choice / 16)};
    for (std::uint64_t i = 0; i < sessions_.size(); ++i) act(i, sessions_[i].on_time(now_));
    act(session, sessions_[session].on_text(line.substr(1), now_, kWall));
    apply(directory_.on_time(now_));
  }

  void end() {
    for (std::uint64_t i = 0; i < sessions_.size(); ++i) act(i, sessions_[i].connection_lost());
    invariant(directory_.counts().participants == 0, "a lost connection leaves its room");
  }

 private:
  void act(std::uint64_t session, const std::vector<SessionAction>& actions) {
    for (const SessionAction& action : actions) {
      if (const auto* send = std::get_if<SendControl>(&action)) {
        check(*send->text);
      } else if (const auto* command = std::get_if<RoomCommand>(&action)) {
        apply(directory_.handle(SessionId{session}, *command, now_));
      } else if (std::holds_alternative<CloseConnection>(action)) {
        invariant(&action == &actions.back(), "the close is the last action");
        invariant(sessions_[session].state() == SessionProtocol::State::kClosed,
                  "a session that closes is closed");
      }
    }
  }

  void apply(const std::vector<RoomEffect>& effects) {
    for (const RoomEffect& effect : effects) {
      if (const auto* send = std::get_if<SendTo>(&effect)) {
        check(*send->text);
      } else if (const auto* joined = std::get_if<SessionJoined>(&effect)) {
        at(joined->session).joined(now_);
      } else if (const auto* fail = std::get_if<FailSession>(&effect)) {
        act(static_cast<std::uint64_t>(fail->session), at(fail->session).fail(fail->error));
      } else if (const auto* close = std::get_if<CloseSession>(&effect)) {
        act(static_cast<std::uint64_t>(close->session), at(close->session).dismiss(close->reason));
      }
    }
  }

  SessionProtocol& at(SessionId session) { return sessions_[static_cast<std::uint64_t>(session)]; }

  static void check(const std::string& text) {
    invariant(parse_server_message(text, std::size_t{1} << 24U).has_value(),
              "clients can read what the server sends");
  }

  SessionSettings settings_{.server = "sluice/fuzz"};
  SessionProtocol::Time now_{1000s};
  std::array<SessionProtocol, 3> sessions_{SessionProtocol{settings_, nullptr, now_},
                                           SessionProtocol{settings_, nullptr, now_},
                                           SessionProtocol{settings_, nullptr, now_}};
  RoomDirectory directory_{{.rooms_max = 2, .participants_max = 2, .tracks_max = 2, .lanes = true},
                           [next = std::uint64_t{0}]() mutable { return ++next; }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input{reinterpret_cast<const char*>(data), size};
  Server server;
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size());
    if (end > 0) server.on_line(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  server.end();
  return 0;
}
