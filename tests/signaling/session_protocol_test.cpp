#include "signaling/session_protocol.h"

#include <gtest/gtest.h>

#include "signaling/server_message.h"

namespace sluice::signaling {
namespace {

using namespace std::chrono_literals;
using State = SessionProtocol::State;
using Actions = std::vector<SessionAction>;

constexpr SessionProtocol::Time kStart{1000s};
constexpr std::chrono::sys_seconds kWall{1'750'000'000s};
constexpr const char* kHello = R"({"type":"hello","versions":[1]})";
constexpr const char* kJoin = R"({"type":"join","id":1,"room":"demo"})";

class SessionProtocolTest : public testing::Test {
 protected:
  Actions on_text(std::string_view text) { return session_.on_text(text, now_, kWall); }
  void say_hello() { ASSERT_EQ(on_text(kHello).size(), 1U); }
  void join() {
    say_hello();
    ASSERT_EQ(on_text(kJoin).size(), 1U);
    session_.joined(now_);
    ASSERT_EQ(session_.state(), State::kJoined);
  }
  void pass(std::chrono::milliseconds time) { now_ += time; }

  /// The body of the one message that `action` sends.
  template <typename Body>
  [[nodiscard]] static Body sent(const SessionAction& action) {
    const auto* send = std::get_if<SendControl>(&action);
    if (send == nullptr) return {};
    const auto message = parse_server_message(*send->text, 65536);
    EXPECT_TRUE(message) << *send->text;
    const auto* body = message ? std::get_if<Body>(&message->body) : nullptr;
    EXPECT_NE(body, nullptr) << *send->text;
    return body == nullptr ? Body{} : *body;
  }
  static void expect_fatal(const Actions& actions, ErrorCode code) {
    ASSERT_GE(actions.size(), 2U);
    const auto error = sent<ErrorReport>(actions.front());
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_TRUE(error.fatal);
    EXPECT_TRUE(std::holds_alternative<CloseConnection>(actions.back()));
  }
  static void expect_refused(const Actions& actions, ErrorCode code) {
    ASSERT_EQ(actions.size(), 1U);
    const auto error = sent<ErrorReport>(actions.front());
    EXPECT_EQ(error.code, code) << error.message;
    EXPECT_FALSE(error.fatal);
  }
  static void expect_leave(const SessionAction& action, GoodbyeReason reason) {
    const auto* command = std::get_if<RoomCommand>(&action);
    ASSERT_NE(command, nullptr);
    const auto* leave = std::get_if<Leave>(&command->request);
    ASSERT_NE(leave, nullptr);
    EXPECT_EQ(leave->reason, reason);
  }

  SessionSettings settings_{.server = "sluice/test"};
  SessionProtocol::Time now_ = kStart;
  SessionProtocol session_{settings_, nullptr, kStart};
};

TEST_F(SessionProtocolTest, AnswersHelloWithVersionAndLimits) {
  const Actions actions = on_text(R"({"type":"hello","id":8,"versions":[3,1,2]})");
  ASSERT_EQ(actions.size(), 1U);
  const auto hello = sent<ServerHello>(actions[0]);
  EXPECT_EQ(hello.version, 1U);
  EXPECT_EQ(hello.server, "sluice/test");
  EXPECT_EQ(hello.limits, Limits{});
  EXPECT_NE(std::get<SendControl>(actions[0]).text->find(R"("reply_to":8)"), std::string::npos);
  EXPECT_EQ(session_.state(), State::kAwaitJoin);
}

TEST_F(SessionProtocolTest, RefusesAClientWithoutACommonVersion) {
  expect_fatal(on_text(R"({"type":"hello","versions":[2]})"), ErrorCode::kUnsupportedVersion);
  EXPECT_EQ(session_.state(), State::kClosed);
}

TEST_F(SessionProtocolTest, ClosesOnAnythingBeforeHello) {
  for (const char* text : {kJoin, R"({"type":"ping"})", R"({"type":"dance"})", R"({"type":"join"})",
                           R"({"type":"goodbye","reason":"left"})"}) {
    SessionProtocol session{settings_, nullptr, kStart};
    expect_fatal(session.on_text(text, kStart, kWall), ErrorCode::kOutOfOrder);
  }
}

TEST_F(SessionProtocolTest, LetsAMistakenHelloTryAgain) {
  expect_refused(on_text(R"({"type":"hello"})"), ErrorCode::kInvalidField);
  say_hello();
}

TEST_F(SessionProtocolTest, ClosesOnASecondHello) {
  join();
  const Actions actions = on_text(kHello);
  expect_fatal(actions, ErrorCode::kOutOfOrder);
  ASSERT_EQ(actions.size(), 3U);
  expect_leave(actions[1], GoodbyeReason::kError);
}

TEST_F(SessionProtocolTest, ClosesOnWhatIsNoMessageAndOnWhatIsTooLarge) {
  expect_fatal(on_text("\xFF"), ErrorCode::kBadMessage);
  SessionProtocol other{settings_, nullptr, kStart};
  const Actions actions = other.on_text(std::string(65537, ' '), kStart, kWall);
  expect_fatal(actions, ErrorCode::kTooLarge);
  EXPECT_EQ(std::get<CloseConnection>(actions.back()).reason, CloseReason::kTooLarge);
}

TEST_F(SessionProtocolTest, HandsAJoinToTheRoomLayerAndAllowsMediaOnceJoined) {
  say_hello();
  EXPECT_FALSE(session_.on_binary_allowed());
  const Actions actions =
      on_text(R"({"type":"join","id":5,"room":"demo","name":"Ada","auto_subscribe":false})");
  ASSERT_EQ(actions.size(), 1U);
  const auto& command = std::get<RoomCommand>(actions[0]);
  EXPECT_EQ(command.id, 5U);
  const auto& request = std::get<AuthorizedJoin>(command.request);
  EXPECT_EQ(request.room, "demo");
  EXPECT_EQ(request.name, "Ada");
  EXPECT_FALSE(request.auto_subscribe);
  EXPECT_FALSE(session_.on_binary_allowed());
  session_.joined(now_);
  EXPECT_TRUE(session_.on_binary_allowed());
}

TEST_F(SessionProtocolTest, ALaneAttachesInPlaceOfAJoinAndAsksNothing) {
  constexpr const char* kAttach =
      R"({"type":"attach","id":2,"room":"demo","participant":"PA_a","key":"LK_b"})";
  say_hello();
  EXPECT_FALSE(session_.is_lane());
  const Actions actions = on_text(kAttach);
  ASSERT_EQ(actions.size(), 1U);
  const auto& command = std::get<RoomCommand>(actions[0]);
  EXPECT_EQ(command.id, 2U);
  EXPECT_EQ(std::get<Attach>(command.request).key, "LK_b");
  EXPECT_TRUE(session_.is_lane());
  EXPECT_FALSE(session_.on_binary_allowed());
  expect_refused(on_text(R"({"type":"unpublish","track":"TR_a"})"), ErrorCode::kNotPermitted);
  session_.joined(now_);
  EXPECT_TRUE(session_.on_binary_allowed());
  expect_refused(on_text(R"({"type":"unpublish","track":"TR_a"})"), ErrorCode::kNotPermitted);
  expect_refused(on_text(kAttach), ErrorCode::kAlreadyJoined);
  expect_refused(on_text(kJoin), ErrorCode::kAlreadyJoined);
  EXPECT_TRUE(std::holds_alternative<ClientReport>(
      on_text(R"({"type":"report","received_bytes":1})").front()));
  expect_leave(session_.connection_lost().front(), GoodbyeReason::kConnectionLost);
}

TEST_F(SessionProtocolTest, WhoJoinedIsNoLane) {
  join();
  expect_refused(on_text(R"({"type":"attach","room":"demo","participant":"PA_a","key":"LK_b"})"),
                 ErrorCode::kAlreadyJoined);
  EXPECT_FALSE(session_.is_lane());
}

TEST_F(SessionProtocolTest, RefusesRequestsBeforeJoinAndASecondJoin) {
  say_hello();
  expect_refused(on_text(R"({"type":"unpublish","track":"TR_a"})"), ErrorCode::kNotJoined);
  expect_refused(on_text(R"({"type":"report","received_bytes":1})"), ErrorCode::kNotJoined);
  ASSERT_EQ(on_text(kJoin).size(), 1U);
  expect_refused(on_text(kJoin), ErrorCode::kAlreadyJoined);
  session_.joined(now_);
  expect_refused(on_text(kJoin), ErrorCode::kAlreadyJoined);
}

TEST_F(SessionProtocolTest, PassesRequestsOnInOrderWhileTheJoinIsUnderWay) {
  say_hello();
  ASSERT_EQ(on_text(kJoin).size(), 1U);
  const Actions actions = on_text(
      R"({"type":"publish","id":2,"kind":"audio","source":"microphone","codec":"opus","sample_rate":48000,"channels":1})");
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<Publish>(std::get<RoomCommand>(actions[0]).request));
}

TEST_F(SessionProtocolTest, AsksForATokenWhenThereAreKeys) {
  const TokenVerifier tokens{{{"key", "secret"}}};
  SessionProtocol session{settings_, &tokens, kStart};
  ASSERT_EQ(session.on_text(kHello, kStart, kWall).size(), 1U);
  const Actions actions = session.on_text(kJoin, kStart, kWall);
  expect_fatal(actions, ErrorCode::kUnauthorized);
  EXPECT_EQ(actions.size(), 2U);
}

TEST_F(SessionProtocolTest, AnswersPingAndPassesReports) {
  join();
  const Actions pong = on_text(R"({"type":"ping","id":77})");
  ASSERT_EQ(pong.size(), 1U);
  (void)sent<Pong>(pong[0]);
  EXPECT_EQ(*std::get<SendControl>(pong[0]).text, R"({"type":"pong","reply_to":77})");
  const Actions report = on_text(R"({"type":"report","received_bytes":9})");
  ASSERT_EQ(report.size(), 1U);
  EXPECT_EQ(std::get<ClientReport>(report[0]).received_bytes, 9U);
  EXPECT_TRUE(on_text(R"({"type":"pong"})").empty());
  const Actions answer = on_text(R"({"type":"pong","reply_to":1})");
  ASSERT_EQ(answer.size(), 1U);
  EXPECT_EQ(std::get<PingAnswered>(answer[0]).id, 1U);
}

TEST_F(SessionProtocolTest, LeavesAtOnceAfterAGoodbye) {
  join();
  const Actions actions = on_text(R"({"type":"goodbye","reason":"left"})");
  ASSERT_EQ(actions.size(), 2U);
  expect_leave(actions[0], GoodbyeReason::kLeft);
  EXPECT_EQ(std::get<CloseConnection>(actions[1]).reason, CloseReason::kGoodbye);
}

TEST_F(SessionProtocolTest, DoesNotLetAClientClaimThatTheServerRemovedIt) {
  join();
  expect_leave(on_text(R"({"type":"goodbye","reason":"removed"})")[0], GoodbyeReason::kLeft);
}

TEST_F(SessionProtocolTest, SaysNothingMoreOnceClosed) {
  join();
  ASSERT_EQ(session_.connection_lost().size(), 2U);
  EXPECT_TRUE(on_text(R"({"type":"ping"})").empty());
  EXPECT_TRUE(session_.on_time(now_ + 1h).empty());
  EXPECT_TRUE(session_.fail(protocol_error(ErrorCode::kInternal, "")).empty());
  EXPECT_TRUE(session_.dismiss(GoodbyeReason::kRemoved).empty());
  EXPECT_TRUE(session_.connection_lost().empty());
  session_.joined(now_);
  EXPECT_EQ(session_.state(), State::kClosed);
  EXPECT_EQ(session_.next_deadline(), SessionProtocol::Time::max());
}

TEST_F(SessionProtocolTest, TellsTheRoomWhenTheConnectionIsLostWhileJoining) {
  say_hello();
  ASSERT_EQ(on_text(kJoin).size(), 1U);
  const Actions actions = session_.connection_lost();
  ASSERT_EQ(actions.size(), 2U);
  expect_leave(actions[0], GoodbyeReason::kConnectionLost);
}

TEST_F(SessionProtocolTest, ClosesWithoutHelloAfterFiveSeconds) {
  EXPECT_EQ(session_.next_deadline(), kStart + 5s);
  EXPECT_TRUE(session_.on_time(kStart + 4999ms).empty());
  expect_fatal(session_.on_time(kStart + 5s), ErrorCode::kTimeout);
}

TEST_F(SessionProtocolTest, ClosesWithoutJoinAfterTenSecondsWhateverElseIsHeard) {
  pass(3s);
  say_hello();
  for (int i = 0; i < 9; ++i) {
    pass(1s);
    ASSERT_EQ(on_text(R"({"type":"ping"})").size(), 1U);
    ASSERT_TRUE(session_.on_time(now_).empty());
  }
  EXPECT_EQ(session_.next_deadline(), kStart + 13s);
  expect_fatal(session_.on_time(kStart + 13s), ErrorCode::kTimeout);
}

TEST_F(SessionProtocolTest, PingsASilentClientAndClosesAfterTheTimeout) {
  join();
  int pings = 0;
  for (;;) {
    now_ = session_.next_deadline();
    const Actions actions = session_.on_time(now_);
    if (actions.size() > 1) {
      expect_fatal(actions, ErrorCode::kTimeout);
      expect_leave(actions[1], GoodbyeReason::kConnectionLost);
      break;
    }
    ASSERT_EQ(actions.size(), 1U);
    (void)sent<Ping>(actions[0]);
    ++pings;
  }
  EXPECT_EQ(pings, 4);
  EXPECT_EQ(now_, kStart + 10s);
}

TEST_F(SessionProtocolTest, DoesNotPingAClientThatIsHeard) {
  join();
  for (int i = 0; i < 100; ++i) {
    pass(1900ms);
    ASSERT_TRUE(session_.on_time(now_).empty());
    session_.heard(now_);
  }
}

TEST_F(SessionProtocolTest, RefusesAFloodAndClosesWhenItGoesOn) {
  join();
  Actions last;
  int errors = 0;
  const auto end = now_ + 6s;
  for (; now_ < end; pass(1ms)) {
    last = on_text(R"({"type":"pong"})");
    if (!last.empty()) ++errors;
    if (session_.state() == State::kClosed) break;
  }
  expect_fatal(last, ErrorCode::kRateLimited);
  EXPECT_LE(errors, 7);
  EXPECT_LT(now_, end);
}

TEST_F(SessionProtocolTest, SaysGoodbyeWhenDismissed) {
  join();
  const Actions actions = session_.dismiss(GoodbyeReason::kServerShutdown);
  ASSERT_EQ(actions.size(), 3U);
  EXPECT_EQ(sent<Goodbye>(actions[0]).reason, GoodbyeReason::kServerShutdown);
  expect_leave(actions[1], GoodbyeReason::kServerShutdown);
  EXPECT_EQ(websocket_close_code(std::get<CloseConnection>(actions[2]).reason), 1001);
}

TEST_F(SessionProtocolTest, GoesOnAfterAnErrorThatIsNotFatal) {
  join();
  expect_refused(session_.fail(protocol_error(ErrorCode::kLimitReached, "x")),
                 ErrorCode::kLimitReached);
  EXPECT_EQ(session_.state(), State::kJoined);
}

}  // namespace
}  // namespace sluice::signaling
