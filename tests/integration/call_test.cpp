#include "tests/integration/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

Participant::Options over(Route route) { return {.wire = {.route = route}}; }

/// Latency budgets that a busy test machine cannot exceed: frames that are missing were lost.
std::vector<std::string> patient_server(std::vector<std::string> arguments = {}) {
  for (const char* more : {"--audio-latency-budget=5s", "--video-latency-budget=5s"}) {
    arguments.emplace_back(more);
  }
  return arguments;
}

std::string base64url(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  while (text.ends_with('=')) text.pop_back();
  for (char& letter : text) letter = letter == '+' ? '-' : letter == '/' ? '_' : letter;
  return text;
}

/// An HS256 token (RFC 7519), made without the server's code.
std::string token_for(const Json& claims, std::string_view secret) {
  const std::string signed_part =
      base64url(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url(claims.dump());
  std::array<unsigned char, 32> digest{};
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size(),
       digest.data(), nullptr);
  return signed_part + "." +
         base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Every way in paired with every other; one participant sends a camera and a microphone each way.
class CallOver : public testing::TestWithParam<std::tuple<Route, Route>> {};

TEST_P(CallOver, TwoPeopleSeeAndHearEachOther) {
  ServerProcess server{patient_server({"--tls-self-signed"})};
  Call call{server.port(), "demo"};
  const auto [route_a, route_b] = GetParam();
  Participant& a = call.add(over(route_a));
  Participant& b = call.add(over(route_b));
  const Call::Sending sending{};
  call.publish(a, sending);
  call.publish(b, sending);
  call.run_for(1s);
  call.stop_sending();
  const auto arrived_whole = [&](Participant& receiver, Call::Publisher& sender) {
    return receiver.track(sender.microphone_track).frames().size() == sender.microphone.sent() &&
           receiver.track(sender.camera_track).frames().size() == sender.camera->sent();
  };
  EXPECT_TRUE(call.run_until(
      [&] { return arrived_whole(a, call.publisher(1)) && arrived_whole(b, call.publisher(0)); },
      2s));
  EXPECT_GE(call.publisher(0).camera->sent(), 25U);
  EXPECT_GE(call.publisher(0).microphone.sent(), 45U);
  EXPECT_THAT(call.faults(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(AllPairings, CallOver,
                         testing::Combine(testing::Values(Route::kRaw, Route::kWebSocket,
                                                          Route::kTlsRaw, Route::kTlsWebSocket),
                                          testing::Values(Route::kRaw, Route::kWebSocket,
                                                          Route::kTlsRaw, Route::kTlsWebSocket)),
                         [](const testing::TestParamInfo<CallOver::ParamType>& pairing) {
                           return std::string{name_of(std::get<0>(pairing.param))} + "And" +
                                  name_of(std::get<1>(pairing.param));
                         });

class Room : public testing::Test {
 protected:
  ServerProcess server_{patient_server()};
  Call call_{server_.port(), "demo"};
};

TEST_F(Room, ShowsALateJoinerThePastKeyframeFirst) {
  Participant& speaker = call_.add();
  // One keyframe in ten minutes: what the joiner starts with must come from the server's cache.
  call_.publish(speaker, {.keyframe_interval = std::chrono::seconds{600}});
  call_.run_for(700ms);
  speaker.take_keyframe_requests();
  const std::size_t requests_before = call_.publisher(0).keyframe_requests;

  Participant& joiner = call_.add();
  ReceivedTrack& camera = joiner.track(call_.publisher(0).camera_track);
  ASSERT_TRUE(call_.run_until([&] { return camera.frames().size() >= 15; }, 3s));
  EXPECT_TRUE(camera.frames().front().description.keyframe);
  EXPECT_EQ(camera.frames().front().description.number, 0U);
  EXPECT_EQ(call_.publisher(0).keyframe_requests, requests_before);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_F(Room, TellsALateJoinerWhoIsThereAndWhatTheySend) {
  Participant ada{server_.port()};
  ada.join("demo", {{"name", "Ada"}, {"identity", "ada"}, {"metadata", "m"}});
  ada.publish(camera_track());
  ada.publish(microphone_track());
  Participant bo{server_.port()};
  const Json joined = bo.join("demo", {{"name", "Bo"}});
  ASSERT_EQ(joined["type"], "joined");
  ASSERT_THAT(joined["participants"], SizeIs(1));
  const Json& seen = joined["participants"][0];
  EXPECT_EQ(seen["name"], "Ada");
  EXPECT_EQ(seen["identity"], "ada");
  EXPECT_EQ(seen["metadata"], "m");
  EXPECT_THAT(seen["tracks"], SizeIs(2));
  EXPECT_EQ(bo.wait_for("subscribed")["type"], "subscribed");
  EXPECT_EQ(bo.wait_for("subscribed")["type"], "subscribed");
  EXPECT_EQ(ada.wait_for("participant_joined")["participant"]["name"], "Bo");
}

TEST_F(Room, LetsSomebodyLeaveAndComeBack) {
  Participant& stays = call_.add();
  Participant& goes = call_.add({}, {{"identity", "goes"}});
  call_.publish(goes, {});
  const media::TrackHandle first_camera = call_.publisher(0).camera_track;
  ASSERT_TRUE(call_.run_until([&] { return stays.track(first_camera).frames().size() > 5; }, 3s));
  goes.send({{"type", "goodbye"}, {"reason", "left"}});
  EXPECT_TRUE(goes.wire().read_until_closed(2s));
  call_.drop(goes);
  EXPECT_EQ(stays.wait_for("participant_left")["reason"], "left");

  Participant& again = call_.add({}, {{"identity", "goes"}});
  call_.publish(again, {});
  const media::TrackHandle second_camera = call_.publisher(0).camera_track;
  EXPECT_NE(second_camera, first_camera);
  EXPECT_TRUE(call_.run_until([&] { return stays.track(second_camera).frames().size() > 5; }, 3s));
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_F(Room, TellsTheOthersWhenAConnectionIsLost) {
  Participant& stays = call_.add();
  Participant& goes = call_.add();
  call_.publish(goes, {});
  call_.run_for(200ms);
  call_.drop(goes);
  EXPECT_EQ(stays.wait_for("participant_left")["reason"], "connection_lost");
}

TEST_F(Room, ReplacesTheFirstOfTwoWithOneIdentity) {
  Participant& first = call_.add({}, {{"identity", "ada"}});
  Participant& second = call_.add({}, {{"identity", "ada"}});
  EXPECT_EQ(first.wait_for("goodbye")["reason"], "duplicate_identity");
  EXPECT_TRUE(first.wire().read_until_closed(2s));
  EXPECT_EQ(second.request({{"type", "ping"}})["type"], "pong");
}

TEST_F(Room, SendsNothingOfATrackAfterUnsubscribed) {
  Participant& speaker = call_.add();
  Participant& listener = call_.add();
  call_.publish(speaker, {});
  const Json published = listener.wait_for("track_published");
  const media::TrackHandle microphone = call_.publisher(0).microphone_track;
  ASSERT_TRUE(call_.run_until([&] { return listener.track(microphone).frames().size() > 5; }, 3s));
  ASSERT_EQ(published["track"]["handle"], static_cast<int>(microphone));
  listener.send({{"type", "unsubscribe"}, {"id", 900}, {"track", published["track"]["track"]}});
  ASSERT_TRUE(call_.run_until([&] { return listener.take("unsubscribed").has_value(); }, 2s));
  const std::size_t frames = listener.track(microphone).frames().size();
  call_.run_for(300ms);
  EXPECT_EQ(listener.track(microphone).frames().size(), frames);
  EXPECT_THAT(call_.faults(), IsEmpty());
}

TEST_F(Room, PassesAKeyframeRequestToThePublisherOnce) {
  Participant& speaker = call_.add();
  Participant& viewer = call_.add();
  Participant& other_viewer = call_.add();
  call_.publish(speaker, {.keyframe_interval = std::chrono::seconds{600}});
  Json published;
  do {
    published = viewer.wait_for("track_published");
  } while (published["track"]["source"] != "camera");
  call_.run_for(300ms);
  const std::size_t before = call_.publisher(0).keyframe_requests;
  viewer.send({{"type", "keyframe"}, {"track", published["track"]["track"]}});
  other_viewer.send({{"type", "keyframe"}, {"track", published["track"]["track"]}});
  call_.run_for(400ms);
  EXPECT_EQ(call_.publisher(0).keyframe_requests, before + 1);
}

TEST_F(Room, ReportsToAPublisherHowFarItHasRead) {
  Participant& speaker = call_.add();
  call_.publish(speaker, {.camera_bits_per_second = 0});
  call_.run_for(300ms);
  call_.stop_sending();
  const std::uint64_t sent = call_.publisher(0).microphone.sent() * 130ULL;
  std::uint64_t reported = 0;
  EXPECT_TRUE(call_.run_until(
      [&] {
        while (const auto report = speaker.take("report")) reported = (*report)["received_bytes"];
        return reported == sent;
      },
      2s))
      << reported << " of " << sent;
}

TEST_F(Room, KeepsRoomsApart) {
  Participant& speaker = call_.add();
  Participant stranger{server_.port()};
  ASSERT_EQ(stranger.join("elsewhere")["type"], "joined");
  call_.publish(speaker, {});
  call_.run_for(300ms);
  stranger.turn();
  EXPECT_FALSE(stranger.take("participant_joined"));
  EXPECT_FALSE(stranger.take("track_published"));
  EXPECT_EQ(stranger.media_bytes(), 0U);
}

TEST(RoomWithAKey, LetsInOnlyWhoHasAToken) {
  constexpr std::string_view kSecret = "a-secret-of-more-than-thirty-two-bytes";
  ServerProcess server{{"--key", "testkey:" + std::string{kSecret}}};
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  const Json claims{{"iss", "testkey"},
                    {"sub", "ada"},
                    {"name", "Ada"},
                    {"exp", now + 60},
                    {"video", {{"roomJoin", true}, {"room", "demo"}}}};

  Participant without{server.port()};
  EXPECT_EQ(without.join("demo")["code"], "unauthorized");
  EXPECT_TRUE(without.wire().read_until_closed(2s));

  Participant wrong{server.port()};
  const std::string forged = token_for(claims, "another-secret-of-thirty-two-bytes-at-least");
  EXPECT_EQ(wrong.join("demo", {{"token", forged}})["code"], "unauthorized");

  Participant expired{server.port()};
  Json old_claims = claims;
  old_claims["exp"] = now - 3600;
  EXPECT_EQ(expired.join("demo", {{"token", token_for(old_claims, kSecret)}})["code"],
            "unauthorized");

  Participant elsewhere{server.port()};
  EXPECT_EQ(elsewhere.join("other", {{"token", token_for(claims, kSecret)}})["code"],
            "unauthorized");

  Participant with{server.port()};
  const Json joined = with.join("demo", {{"token", token_for(claims, kSecret)}});
  EXPECT_EQ(joined["type"], "joined");
  EXPECT_EQ(joined["participant"]["identity"], "ada");
  EXPECT_THAT(server.output(), testing::Not(testing::HasSubstr(kSecret)));
}

}  // namespace
}  // namespace sluice::integration
