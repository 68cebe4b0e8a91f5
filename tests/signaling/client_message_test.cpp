#include "signaling/client_message.h"

#include <gtest/gtest.h>

namespace sluice::signaling {
namespace {

std::expected<ClientMessage, ProtocolError> parse(std::string_view text) {
  return parse_client_message(text, Limits{});
}

/// The error code, or nothing when the message is good.
std::optional<ErrorCode> error_of(std::string_view text) {
  const auto message = parse(text);
  if (message) return std::nullopt;
  return message.error().code;
}

std::string joined(const std::string& member) {
  return R"({"type":"join","room":"demo",)" + member + "}";
}

std::string video(const std::string& member) {
  return R"({"type":"publish","kind":"video","source":"camera","codec":"vp8",)"
         R"("width":640,"height":360,"temporal_layers":3,)" +
         member + "}";
}

TEST(ClientMessage, IgnoresUnknownMembers) {
  const auto message = parse(R"({"type":"ping","id":7,"mood":"good","list":[1,{}]})");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->id, 7U);
  EXPECT_TRUE(std::holds_alternative<Ping>(message->body));
}

TEST(ClientMessage, RefusesAnUnknownRequiredMemberAndNamesIt) {
  const auto message = parse(R"({"type":"ping","id":7,"required":["id","mood"],"mood":"good"})");
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kUnknownRequired);
  EXPECT_FALSE(message.error().fatal);
  EXPECT_EQ(message.error().reply_to, 7U);
  EXPECT_NE(message.error().message.find("mood"), std::string::npos);
}

TEST(ClientMessage, AcceptsRequiredMembersThatItKnows) {
  EXPECT_FALSE(error_of(
      R"({"type":"join","room":"r","required":["type","id","room","token","auto_subscribe"]})"));
  EXPECT_FALSE(error_of(video(R"("required":["width","encodings","muted"])")));
}

TEST(ClientMessage, AnUnknownRequiredMemberInHelloIsFatal) {
  const auto message = parse(R"({"type":"hello","versions":[1],"required":["magic"]})");
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kUnknownRequired);
  EXPECT_TRUE(message.error().fatal);
}

TEST(ClientMessage, RefusesARequiredThatIsNoArrayOfStrings) {
  EXPECT_EQ(error_of(R"({"type":"ping","required":"id"})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"ping","required":[1]})"), ErrorCode::kInvalidField);
}

TEST(ClientMessage, AnUnknownTypeIsNotFatalAndCarriesTheId) {
  const auto message = parse(R"({"type":"dance","id":3})");
  ASSERT_FALSE(message);
  EXPECT_EQ(message.error().code, ErrorCode::kUnknownType);
  EXPECT_FALSE(message.error().fatal);
  EXPECT_EQ(message.error().reply_to, 3U);
}

TEST(ClientMessage, RefusesWhatIsNotOneJsonObjectWithAType) {
  for (const char* text :
       {"", " ", "null", "[]", "7", "\"ping\"", "{", "{}", R"({"type":7})", R"({"type":null})",
        R"({"type":"ping"} {})", R"({"type":"ping",})", R"({'type':'ping'})", "\xFF",
        "{\"type\":\"ping\",\"x\":\"\xC3\"}", "{\"type\":\"ping\",\"x\":\"\xED\xA0\x80\"}",
        R"({"type":"ping","x":"\ud800"})", R"({"type":"ping","x":1e999})",
        R"({"type":"ping","x":NaN})"}) {
    const auto message = parse(text);
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().code, ErrorCode::kBadMessage) << text;
    EXPECT_TRUE(message.error().fatal) << text;
  }
}

TEST(ClientMessage, RefusesNestingBeforeItParsesIt) {
  const std::string deep(30000, '[');
  EXPECT_EQ(error_of(R"({"type":"ping","x":)" + deep), ErrorCode::kBadMessage);
  const std::string whole = deep + std::string(30000, ']');
  EXPECT_EQ(error_of(R"({"type":"ping","x":)" + whole + "}"), ErrorCode::kBadMessage);
}

TEST(ClientMessage, BracketsInStringsAreNotNesting) {
  const std::string brackets(1000, '[');
  EXPECT_FALSE(error_of(R"({"type":"ping","x":"\")" + brackets + R"("})"));
}

TEST(ClientMessage, RefusesAMessageOverItsLimit) {
  std::string text = R"({"type":"ping"})";
  text.resize(65536, ' ');
  EXPECT_FALSE(error_of(text));
  text += ' ';
  EXPECT_EQ(error_of(text), ErrorCode::kTooLarge);
}

TEST(ClientMessage, HoldsIdsToFiftyThreeBits) {
  EXPECT_FALSE(error_of(R"({"type":"ping","id":0})"));
  EXPECT_FALSE(error_of(R"({"type":"ping","id":9007199254740991})"));
  for (const char* id : {"9007199254740992", "-1", "1.5", "1e3", "\"1\"", "null", "true"}) {
    EXPECT_EQ(error_of(std::string{R"({"type":"ping","id":)"} + id + "}"), ErrorCode::kInvalidField)
        << id;
  }
}

TEST(ClientMessage, NamesTheMemberThatIsWrong) {
  const auto missing = parse(R"({"type":"join","id":4})");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "room is missing");
  EXPECT_EQ(missing.error().reply_to, 4U);
  const auto nested =
      parse(video(R"("encodings":[{"encoding":0,"width":0,"height":180,"bitrate_bps":150000}])"));
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().message, "encodings[0].width must be an integer from 1 to 16384");
}

TEST(ClientMessage, HoldsNamesToTheirLimits) {
  const std::string fits(128, 'a');
  EXPECT_FALSE(error_of(R"({"type":"join","room":")" + fits + R"("})"));
  EXPECT_EQ(error_of(R"({"type":"join","room":")" + fits + R"(a"})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"join","room":""})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(joined(R"("name":"a\u0000b")")), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(joined(R"("name":"a\u009B31mb")")), ErrorCode::kInvalidField);
  EXPECT_FALSE(error_of(joined(R"("name":"a\u00A0b")")));
  EXPECT_EQ(error_of(joined(R"("name":"a\u001bb")")), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(joined(R"("identity":"")")), ErrorCode::kInvalidField);
  EXPECT_FALSE(error_of(joined(R"("name":"")")));
  EXPECT_FALSE(error_of(joined("\"name\":\"\xE5\x85\xAD\"")));
  EXPECT_FALSE(error_of(joined(R"("metadata":")" + std::string(4096, 'm') + '"')));
  EXPECT_EQ(error_of(joined(R"("metadata":")" + std::string(4097, 'm') + '"')),
            ErrorCode::kInvalidField);
}

TEST(ClientMessage, RefusesAJoinWithMembersOfTheWrongType) {
  for (const char* member :
       {R"("name":1)", R"("identity":[])", R"("token":{})", R"("metadata":null)",
        R"("auto_subscribe":1)", R"("auto_subscribe":"true")", R"("token":"é")"}) {
    EXPECT_EQ(error_of(joined(member)), ErrorCode::kInvalidField) << member;
  }
}

TEST(ClientMessage, ReadsWhatALaneAttachesWith) {
  const auto message =
      parse(R"({"type":"attach","id":2,"room":"demo","participant":"PA_a","key":"LK_b"})");
  ASSERT_TRUE(message);
  EXPECT_EQ(std::get<Attach>(message->body),
            (Attach{.room = "demo", .participant = {"PA_a"}, .key = "LK_b"}));
  const auto again = parse(serialise(*message));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *message);
  const auto with_key = [](const std::string& key) {
    return R"({"type":"attach","room":"demo","participant":"PA_a","key":)" + key + "}";
  };
  EXPECT_FALSE(error_of(with_key('"' + std::string(128, 'k') + '"')));
  EXPECT_EQ(error_of(with_key('"' + std::string(129, 'k') + '"')), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(with_key("7")), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(with_key("\"\u00e9\"")), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"attach","room":"demo","participant":"PA_a"})"),
            ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"attach","room":"","participant":"PA_a","key":"k"})"),
            ErrorCode::kInvalidField);
}

TEST(ClientMessage, AsksForALaneOnlyInSoManyWords) {
  EXPECT_FALSE(std::get<Join>(parse(R"({"type":"join","room":"demo"})")->body).lanes);
  EXPECT_TRUE(std::get<Join>(parse(joined(R"("lanes":true)"))->body).lanes);
  EXPECT_EQ(error_of(joined(R"("lanes":1)")), ErrorCode::kInvalidField);
}

TEST(ClientMessage, HoldsTrackDescriptionsToTheirRanges) {
  EXPECT_FALSE(error_of(video(R"("muted":true)")));
  EXPECT_FALSE(error_of(
      R"({"type":"publish","kind":"audio","source":"screen_audio","codec":"opus","sample_rate":48000,"channels":2})"));
  for (
      const char* text :
      {R"({"type":"publish","kind":"audio","source":"camera","codec":"opus","sample_rate":48000,"channels":1})",
       R"({"type":"publish","kind":"smell","source":"camera","codec":"opus"})",
       R"({"type":"publish","kind":"audio","source":"microphone","codec":"","sample_rate":48000,"channels":1})",
       R"({"type":"publish","kind":"audio","source":"microphone","codec":"opus","sample_rate":1,"channels":1})",
       R"({"type":"publish","kind":"audio","source":"microphone","codec":"opus","sample_rate":48000})",
       R"({"type":"publish","kind":"video","source":"camera","codec":"vp8","width":640,"height":360,"temporal_layers":9})",
       R"({"type":"publish","kind":"video","source":"camera","codec":"vp8","width":16385,"height":360,"temporal_layers":1})"}) {
    EXPECT_EQ(error_of(text), ErrorCode::kInvalidField) << text;
  }
  EXPECT_EQ(error_of(video(R"("encodings":{})")), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(video(R"("encodings":[7])")), ErrorCode::kInvalidField);
  const std::string one = R"({"encoding":1,"width":320,"height":180,"bitrate_bps":150000})";
  EXPECT_FALSE(error_of(video(R"("encodings":[)" + one + "]")));
  EXPECT_EQ(error_of(video(R"("encodings":[)" + one + "," + one + "]")), ErrorCode::kInvalidField);
}

TEST(ClientMessage, HoldsSubscriptionSettingsToTheirRanges) {
  const auto subscribe = [](const std::string& member) {
    return R"({"type":"subscribe","track":"TR_a",)" + member + "}";
  };
  for (const char* good : {R"("max_width":0)", R"("max_temporal_layer":7)", R"("priority":255)",
                           R"("latency_budget_ms":20)", R"("latency_budget_ms":10000)"}) {
    EXPECT_FALSE(error_of(subscribe(good))) << good;
  }
  for (const char* bad : {R"("max_width":-1)", R"("max_height":99999)", R"("max_temporal_layer":8)",
                          R"("priority":0)", R"("priority":256)", R"("latency_budget_ms":19)",
                          R"("latency_budget_ms":10001)", R"("track":"")"}) {
    EXPECT_EQ(error_of(subscribe(bad)), ErrorCode::kInvalidField) << bad;
  }
}

TEST(ClientMessage, HoldsReportsToTheirRanges) {
  EXPECT_FALSE(error_of(R"({"type":"report","received_bytes":0,"tracks":[]})"));
  EXPECT_EQ(error_of(R"({"type":"report","received_bytes":-1})"), ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"report","received_bytes":1,"tracks":[{"handle":0,"decoded":0,)"
                     R"("shown":0,"late":0,"undecodable":0,"playout_delay_ms":0}]})"),
            ErrorCode::kInvalidField);
  EXPECT_EQ(error_of(R"({"type":"report","received_bytes":1,"tracks":[{"handle":1}]})"),
            ErrorCode::kInvalidField);
}

TEST(ClientMessage, ErrorsNeverRepeatForeignBytes) {
  const auto message = parse("{\"type\":\"\\u001b[31m\xE5\x85\xAD" + std::string(500, 'x') + "\"}");
  ASSERT_FALSE(message);
  EXPECT_LT(message.error().message.size(), 120U);
  for (const char c : message.error().message) EXPECT_TRUE(c >= 0x20 && c < 0x7F);
}

TEST(ClientMessage, WritesStringsThatAreNotUtf8WithoutThrowing) {
  Join join;
  join.room = "bad \xFF room";
  const std::string text = serialise(ClientMessage{.id = 1, .reply_to = {}, .body = join});
  const auto message = parse(text);
  ASSERT_TRUE(message) << text;
  EXPECT_EQ(std::get<Join>(message->body).room, "bad \xEF\xBF\xBD room");
}

}  // namespace
}  // namespace sluice::signaling
