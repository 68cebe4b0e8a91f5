#include "signaling/server_message.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

std::optional<ErrorCode> error_of(std::string_view text) {
  const auto message = parse_server_message(text, 65536);
  if (message) return std::nullopt;
  return message.error().code;
}

TEST(ServerMessage, CarriesAnErrorWithItsRequest) {
  const ProtocolError error = protocol_error(ErrorCode::kRoomFull, "the room is full", 5);
  const std::string text = serialise(error_message(error));
  EXPECT_EQ(
      text,
      R"({"type":"error","reply_to":5,"code":"room_full","message":"the room is full","fatal":true})");
  const auto message = parse_server_message(text, 65536);
  ASSERT_TRUE(message);
  EXPECT_EQ(*message, error_message(error));
}

TEST(ServerMessage, KeepsEveryPartOfAJoinedRoom) {
  TrackInfo camera{
      .track = {"TR_1"},
      .handle = TrackHandle{65535},
      .description = {.kind = TrackKind::kVideo,
                      .source = TrackSource::kScreen,
                      .codec = "vp09.00.10.08",
                      .muted = true,
                      .video = {.width = 1280,
                                .height = 720,
                                .temporal_layers = 2,
                                .encodings = {{0, 320, 180, 150000}, {1, 1280, 720, 1200000}}},
                      .audio = {}}};
  const ServerMessage joined{
      .id = {},
      .reply_to = 1,
      .body = Joined{.room = "demo \"quoted\"",
                     .participant = {{"PA_1"}, "ada", "Ada", "{\"x\":1}", {}},
                     .participants = {{{"PA_2"}, "bo", "", "", {camera}}},
                     .permissions = {true, false, {TrackSource::kScreen}},
                     .lane = "LK_1"}};
  const auto read = parse_server_message(serialise(joined), 65536);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, joined);
}

TEST(ServerMessage, GivesKeysOfLanesAndTellsOfTheirEnds) {
  const ServerMessage attached{.id = {}, .reply_to = 2, .body = Attached{{"PA_1"}}};
  EXPECT_EQ(serialise(attached), R"({"type":"attached","reply_to":2,"participant":"PA_1"})");
  EXPECT_EQ(parse_server_message(serialise(attached), 65536), attached);
  const ServerMessage closed{.id = {}, .reply_to = {}, .body = LaneClosed{"LK_2"}};
  EXPECT_EQ(serialise(closed), R"({"type":"lane_closed","lane":"LK_2"})");
  EXPECT_EQ(parse_server_message(serialise(closed), 65536), closed);
  EXPECT_EQ(error_of(R"({"type":"lane_closed"})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"attached","participant":7})"), ErrorCode::kInvalidField);
}

TEST(ServerMessage, AsksForReportsMoreRarely) {
  const ServerMessage rarely{
      .id = {}, .reply_to = {}, .body = ReportInterval{std::chrono::milliseconds{250}}};
  EXPECT_EQ(serialise(rarely), R"({"type":"report_interval","report_interval_ms":250})");
  EXPECT_EQ(parse_server_message(serialise(rarely), 65536), rarely);
  EXPECT_EQ(error_of(R"({"type":"report_interval","report_interval_ms":0})"),
            ErrorCode::kInvalidField);
}

TEST(ServerMessage, NamesTheEncodingsInDemand) {
  const ServerMessage demand{.id = {}, .reply_to = {}, .body = Demand{{"TR_1"}, {0, 2}}};
  EXPECT_EQ(serialise(demand), R"({"type":"demand","track":"TR_1","encodings":[0,2]})");
  EXPECT_EQ(parse_server_message(serialise(demand), 65536), demand);
}

TEST(ServerMessage, RefusesWhatTheClientCannotUse) {
  EXPECT_EQ(error_of(R"({"type":"demand","track":"TR_1","encodings":[16]})"),
            ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"subscribed","track":"TR_1","handle":65536})"),
            ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"goodbye","reason":"bored"})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"error","code":"odd","message":"","fatal":false})"),
            ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"participant_joined","participant":7})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"hello","version":1,"server":"x"})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"publish"})"), ErrorCode::kUnknownType);
  EXPECT_EQ(error_of(std::string(65537, ' ')), ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace sluice::signaling
