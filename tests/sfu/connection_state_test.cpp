#include "sfu/connection_state.h"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <utility>

namespace sluice::sfu {
namespace {

using enum ConnectionState;

constexpr std::array kAll{kSniffing, kTlsHandshake, kOpening,  kHttp,      kRawMagic,
                          kRaw,      kWebSocket,    kDraining, kLingering, kClosed};

TEST(ConnectionState, AllowsTheListedTransitionsAndNoOthers) {
  const std::set<std::pair<ConnectionState, ConnectionState>> legal{
      {kSniffing, kTlsHandshake}, {kSniffing, kOpening},  {kTlsHandshake, kOpening},
      {kOpening, kHttp},          {kOpening, kRawMagic},  {kHttp, kWebSocket},
      {kHttp, kDraining},         {kRawMagic, kRaw},      {kRaw, kDraining},
      {kWebSocket, kDraining},    {kDraining, kLingering}};
  for (const ConnectionState from : kAll) {
    for (const ConnectionState to : kAll) {
      const bool expected = to == kClosed ? from != kClosed : legal.contains({from, to});
      EXPECT_EQ(may_follow(to, from), expected) << name_of(from) << " to " << name_of(to);
    }
  }
}

TEST(ConnectionState, HasASessionExactlyBehindRawFramingAndWebSocket) {
  for (const ConnectionState state : kAll) {
    EXPECT_EQ(has_session(state), state == kRaw || state == kWebSocket) << name_of(state);
  }
}

}  // namespace
}  // namespace sluice::sfu
