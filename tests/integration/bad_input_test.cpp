#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tests/integration/call.h"
#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

/// Somebody who means harm, or whose program is broken, and who may be in the room of the others.
class Intruder {
 public:
  Intruder(Call& call, std::uint16_t port, Route route, media::TrackHandle others_track)
      : call_{call}, wire_{port, {.route = route}}, others_track_{others_track} {}

  WireClient& wire() { return wire_; }
  [[nodiscard]] media::TrackHandle others_track() const { return others_track_; }
  [[nodiscard]] media::TrackHandle own_track() const { return own_track_; }

  void say(const Json& message) { wire_.send_text(message.dump()); }
  void hello() { say({{"type", "hello"}, {"versions", {1}}}); }
  void join() {
    wire_.open();
    hello();
    say({{"type", "join"}, {"room", "demo"}, {"auto_subscribe", false}});
    ASSERT_EQ(await("joined")["type"], "joined");
  }
  void publish(const Json& track) {
    Json message = track;
    message["type"] = "publish";
    say(message);
    const Json published = await("published");
    ASSERT_EQ(published["type"], "published");
    own_track_ = media::TrackHandle{published["track"]["handle"].get<std::uint16_t>()};
  }

  /// The next control message of this type; the call of the others goes on meanwhile.
  Json await(const std::string& type) {
    Json found;
    call_.run_until(
        [&] {
          wire_.read();
          while (!wire_.inbox().empty() && found.is_null()) {
            const WireMessage message = wire_.inbox().front();
            wire_.inbox().pop_front();
            if (message.binary) continue;
            const Json control = Json::parse(message.bytes, nullptr, false);
            if (control.value("type", "") == type) found = control;
          }
          return !found.is_null() || (wire_.closed() && wire_.inbox().empty());
        },
        3s);
    return found;
  }
  bool await_end() {
    return call_.run_until(
        [&] {
          wire_.read();
          return wire_.closed();
        },
        3s);
  }

 private:
  Call& call_;
  WireClient wire_;
  media::TrackHandle others_track_;
  media::TrackHandle own_track_{};
};

/// What comes in, and what must come of it.
struct BadInput {
  const char* name = "";
  Route route = Route::kRaw;
  std::function<void(Intruder&)> act;
  /// The code of the `error` that must come; empty for none.
  std::string code;
  bool closes = true;
  std::optional<std::uint16_t> close_code;
  /// What the answer of HTTP must begin with.
  std::string http_answer;
};

std::string chunk(media::FrameDescription description, std::uint8_t clear = 0,
                  std::uint8_t set = 0) {
  std::string bytes = chunks_of(description).front();
  bytes[0] = static_cast<char>((static_cast<std::uint8_t>(bytes[0]) & ~clear) | set);
  return bytes;
}

media::FrameDescription audio_frame(Intruder& intruder, media::FrameNumber number = 0) {
  return {.track = intruder.own_track(), .number = number, .length = 40, .audio_level = 20};
}

media::FrameDescription keyframe(Intruder& intruder, media::FrameNumber number = 0) {
  return {.track = intruder.own_track(), .number = number, .length = 40, .keyframe = true};
}

/// In the room and about to send media of a camera or a microphone of its own.
std::function<void(Intruder&)> with_camera(const std::function<void(Intruder&)>& act) {
  return [act](Intruder& intruder) {
    intruder.join();
    intruder.publish(camera_track());
    act(intruder);
  };
}
std::function<void(Intruder&)> with_microphone(const std::function<void(Intruder&)>& act) {
  return [act](Intruder& intruder) {
    intruder.join();
    intruder.publish(microphone_track());
    act(intruder);
  };
}
std::function<void(Intruder&)> in_the_room(const std::function<void(Intruder&)>& act) {
  return [act](Intruder& intruder) {
    intruder.join();
    act(intruder);
  };
}
std::function<void(Intruder&)> connected(const std::function<void(Intruder&)>& act) {
  return [act](Intruder& intruder) {
    intruder.wire().open();
    act(intruder);
  };
}
std::function<void(Intruder&)> after_hello(const std::function<void(Intruder&)>& act) {
  return [act](Intruder& intruder) {
    intruder.wire().open();
    intruder.hello();
    act(intruder);
  };
}
std::function<void(Intruder&)> bytes(const std::string& text) {
  return [text](Intruder& intruder) { intruder.wire().send_bytes(text); };
}
std::function<void(Intruder&)> text(const std::string& message) {
  return after_hello([message](Intruder& intruder) { intruder.wire().send_text(message); });
}
std::function<void(Intruder&)> frame(std::uint8_t first_byte, const std::string& payload,
                                     bool masked = true) {
  return connected([=](Intruder& intruder) {
    intruder.wire().send_websocket_frame(first_byte, payload, masked);
  });
}

const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::vector<BadInput> http_inputs() {
  return {
      {.name = "HttpGarbage",
       .act = bytes("\x01\x02\x03 what\r\n\r\n"),
       .http_answer = "HTTP/1.1 400"},
      {.name = "HttpHeadOfAMegabyte",
       .act = bytes("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(1 << 20, 'x')),
       .http_answer = "HTTP/1.1 431"},
      {.name = "HttpCutInTheMiddle",
       .act =
           [](Intruder& intruder) {
             intruder.wire().send_bytes("GET / HTTP/1.1\r\nHost: loc");
             intruder.wire().finish_sending();
           }},
      {.name = "HttpUpgradeWithoutSubprotocol",
       .act = bytes(kUpgrade + "Sec-WebSocket-Version: 13\r\n\r\n"),
       .http_answer = "HTTP/1.1 400"},
      {.name = "HttpUpgradeToAnotherVersionOfTheProtocol",
       .act = bytes(kUpgrade + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: "
                               "sluice.v99\r\n\r\n"),
       .http_answer = "HTTP/1.1 4"},
      {.name = "HttpUpgradeToAnotherVersionOfWebSocket",
       .act = bytes(kUpgrade + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Protocol: "
                               "sluice.v1\r\n\r\n"),
       .http_answer = "HTTP/1.1 426"},
      {.name = "HttpPathOutOfTheSite",
       .act = bytes("GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nConnection: "
                    "close\r\n\r\n"),
       .http_answer = "HTTP/1.1 4"},
  };
}

std::vector<BadInput> websocket_inputs() {
  const Route route = Route::kWebSocket;
  return {
      {.name = "WebSocketUnmasked",
       .route = route,
       .act = frame(0x81, "{}", false),
       .close_code = 1002},
      {.name = "WebSocketReservedBit",
       .route = route,
       .act = frame(0xC1, "{}"),
       .close_code = 1002},
      {.name = "WebSocketReservedOpcode",
       .route = route,
       .act = frame(0x83, "{}"),
       .close_code = 1002},
      {.name = "WebSocketTextNotUtf8",
       .route = route,
       .act = frame(0x81, "{\"\xFF\xFE\"}"),
       .close_code = 1007},
      {.name = "WebSocketFragmentedPing",
       .route = route,
       .act = frame(0x09, "x"),
       .close_code = 1002},
      {.name = "WebSocketLongPing",
       .route = route,
       .act = frame(0x89, std::string(126, 'x')),
       .close_code = 1002},
      {.name = "WebSocketContinuationOfNothing",
       .route = route,
       .act = frame(0x80, "x"),
       .close_code = 1002},
      {.name = "WebSocketMessageTooLarge",
       .route = route,
       .act = frame(0x82, std::string(70000, 'x')),
       .code = "too_large",
       .close_code = 1009},
      {.name = "WebSocketCutInTheMiddle", .route = route, .act = connected([](Intruder& intruder) {
                                                            intruder.wire().send_bytes(
                                                                "\x82\xFE\x10");
                                                            intruder.wire().finish_sending();
                                                          })},
      {.name = "WebSocketFatalError",
       .route = route,
       .act = text("not JSON"),
       .code = "bad_message",
       .close_code = 1008},
  };
}

std::vector<BadInput> framing_inputs() {
  return {
      {.name = "RawWrongMagic", .act = bytes("\x89SLUICF\n")},
      {.name = "RawMagicCutInTheMiddle",
       .act =
           [](Intruder& intruder) {
             intruder.wire().send_bytes("\x89SLU");
             intruder.wire().finish_sending();
           }},
      {.name = "RawUnknownKind",
       .act = connected(bytes(std::string{"\x07\x00\x00\x01x", 5})),
       .code = "bad_framing"},
      {.name = "RawMessageTooLarge",
       .act = connected(bytes(std::string{"\x02\xFF\xFF\xFF", 4})),
       .code = "too_large"},
      {.name = "RawControlTooLarge",
       .act = connected(bytes(std::string{"\x01\x01\x00\x01", 4})),
       .code = "too_large"},
      {.name = "RawCutInTheMiddle", .act = connected([](Intruder& intruder) {
                                      intruder.wire().send_bytes(
                                          std::string{"\x01\x00\x00\x50{\"type\"", 11});
                                      intruder.wire().finish_sending();
                                    })},
      {.name = "TlsGarbageAfterTheFirstByte",
       .act = bytes(std::string{"\x16\x03\x01\x00\x05hello and more of it", 25})},
      {.name = "TlsCutInTheMiddle",
       .act =
           [](Intruder& intruder) {
             intruder.wire().send_bytes(std::string{"\x16\x03\x01\x02\x00\x01\x00", 7});
             intruder.wire().finish_sending();
           }},
      {.name = "TlsWrongMagicInside", .route = Route::kTlsRaw, .act = bytes("\x89SLUICF\n")},
      {.name = "TlsInTls",
       .route = Route::kTlsRaw,
       .act = bytes(std::string{"\x16\x03\x01\x00\x05hello\r\n\r\n", 14}),
       .http_answer = "HTTP/1.1 400"},
  };
}

std::vector<BadInput> control_inputs() {
  return {
      {.name = "JsonNotUtf8", .act = text("{\"type\":\"\xC3\x28\"}"), .code = "bad_message"},
      {.name = "JsonCut", .act = text(R"({"type":"pi)"), .code = "bad_message"},
      {.name = "JsonArray", .act = text("[1,2,3]"), .code = "bad_message"},
      {.name = "JsonWithoutType", .act = text(R"({"kind":"ping"})"), .code = "bad_message"},
      {.name = "JsonNestedTooDeep", .act = text(std::string(60000, '[')), .code = "bad_message"},
      {.name = "JsonUnknownType",
       .act = text(R"({"type":"dance"})"),
       .code = "unknown_type",
       .closes = false},
      {.name = "JsonUnknownRequired",
       .act = text(R"({"type":"join","room":"demo","hat":1,"required":["hat"]})"),
       .code = "unknown_required",
       .closes = false},
      {.name = "JsonFieldOfAnotherType",
       .act = text(R"({"type":"join","room":5})"),
       .code = "invalid_field",
       .closes = false},
      {.name = "JsonNameTooLong",
       .act = text(R"({"type":"join","room":")" + std::string(129, 'r') + R"("})"),
       .code = "invalid_field",
       .closes = false},
      {.name = "JsonUnsupportedVersion",
       .act = connected(
           [](Intruder& intruder) { intruder.say({{"type", "hello"}, {"versions", {99}}}); }),
       .code = "unsupported_version"},
      {.name = "JsonJoinBeforeHello",
       .act = connected(
           [](Intruder& intruder) { intruder.say({{"type", "join"}, {"room", "demo"}}); }),
       .code = "out_of_order"},
      {.name = "JsonSecondHello",
       .act = after_hello([](Intruder& intruder) { intruder.hello(); }),
       .code = "out_of_order"},
      {.name = "JsonPublishBeforeJoin",
       .act = after_hello([](Intruder& intruder) {
         Json message = camera_track();
         message["type"] = "publish";
         intruder.say(message);
       }),
       .code = "not_joined",
       .closes = false},
      {.name = "JsonReportOfMoreThanWasSent",
       .act = in_the_room([](Intruder& intruder) {
         intruder.say({{"type", "report"}, {"received_bytes", 1ULL << 50}});
       }),
       .code = "invalid_field",
       .closes = false},
  };
}

std::vector<BadInput> media_inputs() {
  const auto send = [](auto make) {
    return [make](Intruder& intruder) { intruder.wire().send_binary(make(intruder)); };
  };
  return {
      {.name = "MediaBeforeHello",
       .act = connected(send([](Intruder& i) { return chunk(audio_frame(i)); })),
       .code = "out_of_order"},
      {.name = "MediaBeforeJoin",
       .act = after_hello(send([](Intruder& i) { return chunk(audio_frame(i)); })),
       .code = "out_of_order"},
      {.name = "MediaHeaderCut",
       .act =
           with_microphone(send([](Intruder& i) { return chunk(audio_frame(i)).substr(0, 20); })),
       .code = "bad_media"},
      {.name = "MediaEmpty",
       .act = with_microphone(send([](Intruder&) { return std::string{}; })),
       .code = "bad_media"},
      {.name = "MediaReservedFlag",
       .act = with_microphone(send([](Intruder& i) { return chunk(audio_frame(i), 0, 0x80); })),
       .code = "bad_media"},
      {.name = "MediaForAnothersTrack",
       .act = in_the_room(send([](Intruder& i) {
         return chunk({.track = i.others_track(), .number = 1 << 20, .length = 40});
       })),
       .code = "not_your_track"},
      {.name = "MediaForNobodysTrack",
       .act = in_the_room(send(
           [](Intruder&) { return chunk({.track = media::TrackHandle{54321}, .length = 40}); })),
       .code = "not_your_track"},
      {.name = "MediaFrameTooLong",
       .act = with_camera([](Intruder& i) {
         std::string message = chunk(keyframe(i), 0x02);
         message[12] = '\x7F';  // the first byte of frame_length
         i.wire().send_binary(message);
       }),
       .code = "bad_media"},
      {.name = "MediaLastBeforeTheEnd",
       .act = with_camera(send([](Intruder& i) {
         std::string message = chunk(keyframe(i));
         message.pop_back();
         return message;
       })),
       .code = "bad_media"},
      {.name = "MediaContinuesNothing",
       .act = with_camera(send([](Intruder& i) {
         media::FrameDescription description = keyframe(i);
         description.length = 40000;
         return chunks_of(description).at(1);
       })),
       .code = "bad_media"},
      {.name = "MediaChunksOutOfOrder",
       .act = with_camera([](Intruder& i) {
         media::FrameDescription description = keyframe(i);
         description.length = 40000;
         const auto chunks = chunks_of(description);
         i.wire().send_binary(chunks.at(0));
         i.wire().send_binary(chunks.at(2));
       }),
       .code = "bad_media"},
      {.name = "MediaFrameNumberAgain",
       .act = with_camera([](Intruder& i) {
         i.wire().send_binary(chunk(keyframe(i, 7)));
         i.wire().send_binary(chunk(keyframe(i, 7)));
       }),
       .code = "bad_media"},
      {.name = "MediaVideoWithNeitherKeyframeNorDependency",
       .act = with_camera(send([](Intruder& i) { return chunk(audio_frame(i)); })),
       .code = "bad_media"},
      {.name = "MediaAudioKeyframe",
       .act = with_microphone(send([](Intruder& i) { return chunk(keyframe(i)); })),
       .code = "bad_media"},
      {.name = "MediaOfAnUnannouncedEncoding",
       .act = with_camera(send([](Intruder& i) {
         media::FrameDescription description = keyframe(i);
         description.encoding = media::EncodingId{3};
         return chunk(description);
       })),
       .code = "bad_media"},
  };
}

std::vector<BadInput> all_inputs() {
  std::vector<BadInput> all = http_inputs();
  for (const auto& more :
       {websocket_inputs(), framing_inputs(), control_inputs(), media_inputs()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

class BadInputTo : public testing::TestWithParam<BadInput> {
 protected:
  // Budgets that a busy test machine cannot exceed: what is lost here was lost to the intruder.
  ServerProcess server_{
      {"--tls-self-signed", "--audio-latency-budget", "5s", "--video-latency-budget", "5s"}};
};

TEST_P(BadInputTo, GetsTheDocumentedAnswerAndHarmsNobodyInTheRoom) {
  const BadInput& input = GetParam();
  Call call{server_.port(), "demo"};
  Participant& speaker = call.add();
  Participant& bystander = call.add();
  call.publish(speaker, {});
  call.run_for(50ms);

  Intruder intruder{call, server_.port(), input.route, call.publisher(0).microphone_track};
  input.act(intruder);
  if (!input.code.empty()) {
    const Json error = intruder.await("error");
    ASSERT_TRUE(error.is_object()) << "no error came";
    EXPECT_EQ(error["code"], input.code) << error.dump();
    EXPECT_EQ(error["fatal"], input.closes) << error.dump();
  }
  if (input.closes) {
    EXPECT_TRUE(intruder.await_end()) << "still open";
  } else {
    intruder.say({{"type", "ping"}, {"id", 9}});
    EXPECT_EQ(intruder.await("pong")["reply_to"], 9);
  }
  EXPECT_EQ(intruder.wire().close_code(), input.close_code);
  EXPECT_TRUE(intruder.wire().unparsed().starts_with(input.http_answer))
      << intruder.wire().unparsed();

  call.run_for(100ms);
  call.stop_sending();
  Call::Publisher& sent = call.publisher(0);
  EXPECT_TRUE(call.run_until(
      [&] {
        return bystander.track(sent.camera_track).frames().size() == sent.camera->sent() &&
               bystander.track(sent.microphone_track).frames().size() == sent.microphone.sent();
      },
      3s))
      << "the bystander has " << bystander.track(sent.camera_track).frames().size() << " of "
      << sent.camera->sent() << " video frames and "
      << bystander.track(sent.microphone_track).frames().size() << " of " << sent.microphone.sent()
      << " audio frames";
  EXPECT_THAT(call.faults(), IsEmpty());
  server_.signal(SIGTERM);
  EXPECT_EQ(server_.wait(5s), 0);
}

INSTANTIATE_TEST_SUITE_P(EveryEntrance, BadInputTo, testing::ValuesIn(all_inputs()),
                         [](const testing::TestParamInfo<BadInput>& input) {
                           return std::string{input.param.name};
                         });

}  // namespace
}  // namespace sluice::integration
