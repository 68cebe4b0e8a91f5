#include "sfu/flight_desk.h"

#include <boost/asio/post.hpp>
#include <future>
#include <iterator>
#include <optional>
#include <utility>

#include "sfu/flight_dump.h"
#include "sfu/shard.h"
#include "sfu/shard_index.h"

namespace sluice::sfu {
namespace {

using Moment = std::chrono::steady_clock::time_point;

// A loop that does not turn for so long is what /healthz reports.
constexpr std::chrono::seconds kPatience{2};

/// Runs `question` on the shard's thread; nothing when it does not answer before `until`.
template <typename Question>
auto ask(Shard& shard, Moment until, Question question)
    -> std::optional<decltype(question(shard))> {
  // Shared, as a shard that is late answers when nobody waits any more.
  auto answer = std::make_shared<std::promise<decltype(question(shard))>>();
  auto answered = answer->get_future();
  boost::asio::post(shard.context(), [&shard, answer, question = std::move(question)]() mutable {
    answer->set_value(question(shard));
  });
  if (answered.wait_until(until) != std::future_status::ready) return std::nullopt;
  return answered.get();
}

}  // namespace

std::expected<std::string, FlightDesk::Fault> FlightDesk::sessions() const {
  const Moment until = std::chrono::steady_clock::now() + kPatience;
  std::vector<FlightSession> all;
  for (const auto& shard : shards_) {
    auto some = ask(*shard, until, [](Shard& asked) { return asked.flight_sessions(); });
    if (!some) return std::unexpected{Fault::kNoAnswer};
    std::ranges::move(*some, std::back_inserter(all));
  }
  return to_json(all);
}

std::expected<std::string, FlightDesk::Fault> FlightDesk::dump(signaling::SessionId session) const {
  const Moment until = std::chrono::steady_clock::now() + kPatience;
  const auto index = static_cast<std::size_t>(shard_of(session));
  if (index >= shards_.size()) return std::unexpected{Fault::kNoSuchSession};
  Shard& shard = *shards_[index];
  auto dump = ask(shard, until, [session](Shard& asked) { return asked.flight_dump(session); });
  if (!dump) return std::unexpected{Fault::kNoAnswer};
  if (!*dump) return std::unexpected{Fault::kNoSuchSession};
  for (FlightDump::Track& track : (*dump)->tracks) {
    auto filled = ask(shard, until, [track](Shard& asked) mutable {
      asked.add_offered(track);
      return std::move(track);
    });
    if (!filled) return std::unexpected{Fault::kNoAnswer};
    track = *std::move(filled);
  }
  return to_json_lines(**dump);
}

}  // namespace sluice::sfu
