#include "tests/integration/placement.h"

#include <poll.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace sluice::integration {
namespace {

double connections_of(const ServerProcess& server, std::size_t shard) {
  return server.metric("sluice_shard_connections{shard=\"" + std::to_string(shard) + "\"}");
}

double connections_of_all(const ServerProcess& server) {
  double sum = 0;
  for (const char* transport : {"raw", "websocket"}) {
    for (const char* tls : {"no", "yes"}) {
      sum += server.metric(std::string{"sluice_connections{transport=\""} + transport +
                           "\",tls=\"" + tls + "\"}");
    }
  }
  return sum;
}

}  // namespace

void await_connections(const ServerProcess& server, std::size_t count) {
  for (int tries = 0; connections_of_all(server) != static_cast<double>(count); ++tries) {
    if (tries == 1000) throw std::runtime_error("the server does not count its connections");
    poll(nullptr, 0, 2);
  }
}

std::unique_ptr<Participant> connect_to_shard(const ServerProcess& server, std::size_t shard,
                                              const Participant::Options& options) {
  // Those that went elsewhere stay until the end, so that their ports are not tried again.
  std::vector<std::unique_ptr<Participant>> elsewhere;
  const auto all_before = static_cast<std::size_t>(connections_of_all(server));
  const double before = connections_of(server, shard);
  // With 8 shards none of 200 tries comes to one of them once in 10^11 times.
  while (elsewhere.size() < 200) {
    auto participant = std::make_unique<Participant>(server.port(), options);
    await_connections(server, all_before + elsewhere.size() + 1);
    if (connections_of(server, shard) > before) {
      elsewhere.clear();
      await_connections(server, all_before + 1);
      return participant;
    }
    elsewhere.push_back(std::move(participant));
  }
  throw std::runtime_error("no connection went to shard " + std::to_string(shard));
}

}  // namespace sluice::integration
