#include "signaling/room_directory.h"

#include <gtest/gtest.h>

#include "signaling/server_message.h"

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;
using Effects = std::vector<RoomEffect>;

constexpr RoomDirectory::Time kStart{1000s};

class RoomDirectoryTest : public testing::Test {
 protected:
  Effects join(std::uint64_t session, const std::string& room, RoomDirectory::Time now = kStart) {
    AuthorizedJoin join;
    join.room = room;
    return directory_.handle(SessionId{session}, {.id = 1, .request = join}, now);
  }
  Effects leave(std::uint64_t session, RoomDirectory::Time now = kStart) {
    return directory_.handle(SessionId{session}, {.id = {}, .request = Leave{GoodbyeReason::kLeft}},
                             now);
  }
  static std::optional<ErrorCode> failure(const Effects& effects) {
    for (const RoomEffect& effect : effects) {
      if (const auto* fail = std::get_if<FailSession>(&effect)) return fail->error.code;
    }
    return std::nullopt;
  }

  RoomDirectory directory_{{.rooms_max = 2, .participants_max = 2},
                           [next = std::uint64_t{0}]() mutable { return ++next; }};
};

TEST_F(RoomDirectoryTest, MakesARoomWithItsFirstJoinAndRemovesItAfterTheDelay) {
  EXPECT_EQ(directory_.counts().rooms, 0U);
  EXPECT_FALSE(failure(join(1, "demo")));
  EXPECT_EQ(directory_.counts().rooms, 1U);
  EXPECT_EQ(directory_.counts().participants, 1U);
  EXPECT_EQ(directory_.next_deadline(), RoomDirectory::Time::max());

  (void)leave(1);
  EXPECT_EQ(directory_.counts().participants, 0U);
  EXPECT_EQ(directory_.next_deadline(), kStart + 30s);
  EXPECT_TRUE(directory_.on_time(kStart + 29999ms).empty());
  EXPECT_EQ(directory_.counts().rooms, 1U);
  const Effects effects = directory_.on_time(kStart + 30s);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<RoomRemoved>(effects[0]));
  EXPECT_EQ(directory_.counts().rooms, 0U);
}

TEST_F(RoomDirectoryTest, AReturnKeepsTheRoomAndItsId) {
  const auto first = std::get<SessionJoined>(join(1, "demo")[0]).room;
  (void)leave(1);
  const auto again = std::get<SessionJoined>(join(2, "demo", kStart + 29s)[0]).room;
  EXPECT_EQ(again, first);
  EXPECT_EQ(directory_.next_deadline(), RoomDirectory::Time::max());
  (void)leave(2, kStart + 40s);
  EXPECT_EQ(directory_.next_deadline(), kStart + 70s);
  (void)directory_.on_time(kStart + 70s);
  EXPECT_NE(std::get<SessionJoined>(join(3, "demo", kStart + 71s)[0]).room, first);
}

TEST_F(RoomDirectoryTest, RefusesARoomTooManyAndAParticipantTooMany) {
  EXPECT_FALSE(failure(join(1, "a")));
  EXPECT_FALSE(failure(join(2, "b")));
  EXPECT_EQ(failure(join(3, "c")), ErrorCode::kServerFull);
  EXPECT_FALSE(failure(join(4, "a")));
  EXPECT_EQ(failure(join(5, "a")), ErrorCode::kRoomFull);
  EXPECT_EQ(directory_.room_of(SessionId{5}), nullptr);
  EXPECT_EQ(directory_.counts().participants, 3U);
}

TEST_F(RoomDirectoryTest, EmptyRoomsGiveWayToNewOnes) {
  (void)join(1, "a");
  (void)join(2, "b");
  (void)leave(1, kStart + 1s);
  const Effects effects = join(3, "c", kStart + 2s);
  EXPECT_FALSE(failure(effects));
  EXPECT_TRUE(std::holds_alternative<RoomRemoved>(effects[0]));
  EXPECT_EQ(directory_.counts().rooms, 2U);
}

TEST(RoomDirectories, ShareTheNumberOfRoomsAndGiveOutDifferentIds) {
  const auto quota = std::make_shared<SharedQuota>(2);
  const auto random = [next = std::uint64_t{0}]() mutable { return ++next; };
  RoomDirectory here{{}, random, {.first_room = RoomId{1}, .quota = quota}};
  RoomDirectory there{{}, random, {.first_room = RoomId{1001}, .quota = quota}};
  const auto enter = [](RoomDirectory& directory, std::uint64_t session, const char* room) {
    AuthorizedJoin join;
    join.room = room;
    return directory.handle(SessionId{session}, {.id = 1, .request = join}, kStart);
  };
  EXPECT_EQ(std::get<SessionJoined>(enter(here, 1, "a")[0]).room, RoomId{1});
  EXPECT_EQ(std::get<SessionJoined>(enter(there, 2, "b")[0]).room, RoomId{1001});
  EXPECT_TRUE(std::holds_alternative<FailSession>(enter(there, 3, "c")[0]));
  EXPECT_EQ(quota->taken(), 2U);
  // A room that is over gives its place back, wherever it was.
  (void)here.handle(SessionId{1}, {.id = {}, .request = Leave{GoodbyeReason::kLeft}}, kStart);
  (void)here.on_time(kStart + 30s);
  EXPECT_EQ(quota->taken(), 1U);
  EXPECT_EQ(std::get<SessionJoined>(enter(there, 4, "c")[0]).room, RoomId{1002});
}

TEST_F(RoomDirectoryTest, AnswersRequestsOutsideARoomAndASecondJoin) {
  const Effects not_joined =
      directory_.handle(SessionId{9}, {.id = 7, .request = Unpublish{{"TR_a"}}}, kStart);
  ASSERT_EQ(not_joined.size(), 1U);
  EXPECT_NE(std::get<SendTo>(not_joined[0]).text->find(R"("reply_to":7,"code":"not_joined")"),
            std::string::npos);
  (void)join(1, "a");
  const Effects again = join(1, "b");
  ASSERT_EQ(again.size(), 1U);
  EXPECT_NE(std::get<SendTo>(again[0]).text->find("already_joined"), std::string::npos);
}

TEST_F(RoomDirectoryTest, ALeaveOfAStrangerIsNothing) { EXPECT_TRUE(leave(77).empty()); }

TEST_F(RoomDirectoryTest, RoomsDoNotHearOfOneAnother) {
  (void)join(1, "a");
  for (const RoomEffect& effect : join(2, "b")) {
    if (const auto* send = std::get_if<SendTo>(&effect)) {
      EXPECT_EQ(send->session, SessionId{2});
    }
  }
}

}  // namespace
}  // namespace sluice::signaling
