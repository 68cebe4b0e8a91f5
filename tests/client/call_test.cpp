// The real `sluice` command against the real `sluice-server`: what is published over one transport
// is watched over another, and what was recorded decodes elsewhere.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/client/shell.h"
#include "tests/integration/server_process.h"

namespace sluice::client {
namespace {

using integration::ServerProcess;
using nlohmann::json;

const std::string kSluice = std::string{SLUICE_BIN_DIR} + "/sluice";

std::string url(const std::string& scheme, const ServerProcess& server) {
  return scheme + "://127.0.0.1:" + std::to_string(server.port());
}

/// Runs a publisher in the background while `foreground` runs.
tests::ShellResult beside(const std::string& publisher, const std::string& foreground) {
  return tests::run(publisher + " >/dev/null 2>&1 & publisher=$!; " + foreground +
                    "; status=$?; kill $publisher; wait $publisher; exit $status");
}

/// In the recording's own time base: in that of its frame rate, which is the default, two pictures
/// that were taken at short notice would have the same time.
std::string ffmpeg_complaints(const std::string& file) {
  return tests::run("ffmpeg -v error -i " + file + " -enc_time_base -1 -f null - 2>&1").output;
}

class CallOver : public testing::TestWithParam<std::string> {};

TEST_P(CallOver, WhatIsPublishedIsWatchedAndRecordedWithoutOneError) {
  const std::string scheme = GetParam();
  const bool tls = scheme == "tls" || scheme == "wss";
  const ServerProcess server{tls ? std::vector<std::string>{"--tls-self-signed"}
                                 : std::vector<std::string>{}};
  const tests::TemporaryFolder folder;
  const std::string file = (folder.path() / "call.webm").string();
  const std::string where = url(scheme, server) + (tls ? " --insecure" : "") + " --room call";
  const auto watched =
      beside(kSluice + " publish " + where +
                 " --name Ada --identity ada --size 320x180 --fps 30 --barcode 42 --tone 440",
             kSluice + " watch " + where + " --participant ada --duration 4s --json --output " +
                 file + " 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  const json figures = json::parse(watched.output);
  const json& video = figures["video"];
  EXPECT_EQ(figures["participant"]["name"], "Ada");
  EXPECT_EQ(video["undecodable"], 0);
  EXPECT_EQ(video["decode_errors"], 0);
  EXPECT_GT(video["shown"], 40) << figures;
  EXPECT_EQ(video["width"], 320);
  EXPECT_EQ(figures["barcode"]["sender"], 42);
  EXPECT_GT(figures["barcode"]["read"], video["shown"].get<int>() * 9 / 10);
  EXPECT_GT(figures["audio"]["frames"], 100);
  EXPECT_NEAR(figures["audio"]["level_dbov"].get<double>(), -23, 2);

  EXPECT_EQ(ffmpeg_complaints(file), "");
  const auto probe =
      tests::run("ffprobe -v error -show_entries stream=codec_name -of csv=p=0 " + file + " 2>&1");
  EXPECT_EQ(probe.output, "vp8\nopus\n");
}

INSTANTIATE_TEST_SUITE_P(, CallOver, testing::Values("tcp", "ws", "tls", "wss"),
                         [](const auto& instance) { return instance.param; });

/// Sound by lanes on both sides, pictures without.
TEST_P(CallOver, SoundTakesALaneWhereBothSidesWantOne) {
  const std::string scheme = GetParam();
  const bool tls = scheme == "tls" || scheme == "wss";
  std::vector<std::string> arguments{"--lanes"};
  if (tls) arguments.emplace_back("--tls-self-signed");
  const ServerProcess server{arguments};
  const std::string where =
      url(scheme, server) + (tls ? " --insecure" : "") + " --room call --lanes";
  const tests::TemporaryFolder folder;
  const std::string sent = (folder.path() / "sent.json").string();
  const auto watched = tests::run(
      kSluice + " publish " + where + " --identity ada --size 320x180 --json >" + sent +
      " 2>/dev/null & publisher=$!; " + kSluice + " watch " + where +
      " --participant ada --duration 2s --json 2>/dev/null; status=$?; kill $publisher; " +
      "wait $publisher; exit $status");
  ASSERT_EQ(watched.status, 0) << watched.output;
  const json figures = json::parse(watched.output);
  EXPECT_EQ(figures["lane"]["opened"], 1) << figures;
  EXPECT_GT(figures["audio"]["frames"], 40) << figures;
  EXPECT_GT(figures["video"]["shown"], 20) << figures;
  // Only what came before it was open came another way.
  EXPECT_GT(figures["lane"]["frames"], figures["audio"]["frames"].get<int>() * 3 / 4) << figures;
  EXPECT_LE(figures["lane"]["frames"], figures["audio"]["frames"]) << figures;
  const json published = json::parse(tests::run("cat " + sent).output);
  EXPECT_EQ(published["lane"]["opened"], 1) << published;
}

TEST(Call, WithoutLanesInTheServerSoundComesAsEver) {
  const ServerProcess server;
  const std::string where = url("tcp", server) + " --room call --lanes";
  const auto watched = beside(kSluice + " publish " + where + " --size 320x180",
                              kSluice + " watch " + where + " --duration 1s --json 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  const json figures = json::parse(watched.output);
  EXPECT_EQ(figures["lane"]["opened"], 0);
  EXPECT_GT(figures["audio"]["frames"], 15) << figures;
}

TEST(Call, Vp9FromAPipeIsRecordedAsIvf) {
  const ServerProcess server;
  const tests::TemporaryFolder folder;
  const std::string file = (folder.path() / "call.ivf").string();
  const std::string where = url("tcp", server) + " --room call";
  const auto watched = beside(
      "ffmpeg -v error -re -f lavfi -i testsrc=size=320x180:rate=30 -pix_fmt yuv420p "
      "-f yuv4mpegpipe - 2>/dev/null | " +
          kSluice + " publish " + where + " --video - --audio none --codec vp9",
      kSluice + " watch " + where + " --duration 3s --json --output " + file + " 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  EXPECT_GT(json::parse(watched.output)["video"]["shown"], 20) << watched.output;
  EXPECT_EQ(ffmpeg_complaints(file), "");
}

TEST(Call, AFileIsPublishedToItsEnd) {
  const ServerProcess server;
  const tests::TemporaryFolder folder;
  const std::string video = (folder.path() / "film.y4m").string();
  const std::string sound = (folder.path() / "film.wav").string();
  ASSERT_EQ(tests::run("ffmpeg -v error -f lavfi -i testsrc=size=160x96:rate=25 -t 1 -pix_fmt "
                       "yuv420p " +
                       video + " -f lavfi -i sine=440 -t 1 " + sound + " 2>&1")
                .output,
            "");
  const auto published =
      tests::run(kSluice + " publish " + url("ws", server) + " --room call --video " + video +
                 " --audio " + sound + " --json 2>/dev/null");
  ASSERT_EQ(published.status, 0) << published.output;
  const json figures = json::parse(published.output);
  EXPECT_EQ(figures["video"]["pictures"], 25);
  EXPECT_GT(figures["audio"]["frames"], 40);
}

TEST(Call, ThePicturesASecondAreCountedUpToWhereThePublisherLeft) {
  const ServerProcess server;
  const std::string where = url("tcp", server) + " --room call";
  const auto watched =
      beside(kSluice + " publish " + where + " --size 160x96 --audio none --duration 1s",
             kSluice + " watch " + where + " --duration 2s --json 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  EXPECT_GT(json::parse(watched.output)["video"]["fps"], 10) << watched.output;
}

TEST(Call, AServerWithKeysTakesTokensAndRefusesWithoutOne) {
  const ServerProcess server{{"--key", "house:a-secret-of-some-length-for-the-test"}};
  const std::string publish = kSluice + " publish " + url("tcp", server) +
                              " --room call --size 160x96 --duration 1s --json 2>/dev/null";
  EXPECT_EQ(tests::run(publish).status, 4);
  const auto token = tests::run(kSluice +
                                " token --key house --secret "
                                "a-secret-of-some-length-for-the-test --room call --identity ada");
  ASSERT_EQ(token.status, 0);
  const auto with_token =
      tests::run("SLUICE_TOKEN=" + token.output.substr(0, token.output.size() - 1) + " " + publish);
  EXPECT_EQ(with_token.status, 0) << with_token.output;
}

TEST(Call, ASelfSignedCertificateIsRefusedUnlessAskedFor) {
  const ServerProcess server{{"--tls-self-signed"}};
  const auto refused =
      tests::run(kSluice + " watch " + url("tls", server) + " --room call --duration 1s 2>&1");
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(refused.output.find("--insecure"), std::string::npos) << refused.output;
}

TEST(Call, FaultsAreToldInASentenceWithAnExitStatus) {
  const auto nobody =
      tests::run(kSluice + " watch tcp://127.0.0.1:1 --room call --duration 2s 2>&1");
  EXPECT_EQ(nobody.status, 3);
  EXPECT_NE(nobody.output.find("cannot connect to 127.0.0.1:1"), std::string::npos)
      << nobody.output;
  EXPECT_EQ(tests::run(kSluice + " watch 2>&1").status, 2);
  EXPECT_EQ(tests::run(kSluice + " publish nonsense --room x 2>&1").status, 2);
  EXPECT_EQ(tests::run(kSluice + " publish tcp://x:1 --room x --audio /none.wav 2>&1").status, 2);
  const auto unknown = tests::run(kSluice + " wach tcp://x:1 2>&1");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_NE(unknown.output.find("'wach' is no command"), std::string::npos) << unknown.output;
  EXPECT_EQ(tests::run(kSluice + " 2>&1").status, 2);
  EXPECT_EQ(tests::run(kSluice + " --help").status, 0);
}

TEST(Call, ASignalEndsAPublisherWithGoodbye) {
  const ServerProcess server;
  const auto ended =
      tests::run("timeout --signal=INT 2 " + kSluice + " publish " + url("tcp", server) +
                 " --room call --size 160x96 --json "
                 "2>/dev/null");
  EXPECT_EQ(ended.status, 124) << "timeout's own status; the command itself ended by the signal";
  EXPECT_TRUE(json::accept(ended.output)) << ended.output;
}

TEST(Call, ASlowReaderGetsWhatItsLinkCarriesAndEverythingDecodes) {
  const ServerProcess server;
  const std::string where = url("tcp", server) + " --room call";
  const auto watched =
      beside(kSluice + " publish " + where + " --size 320x180 --bitrate 1M --audio tone",
             kSluice + " watch " + where + " --duration 6s --read-rate 300k --json 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  const json figures = json::parse(watched.output);
  EXPECT_EQ(figures["video"]["undecodable"], 0) << figures;
  EXPECT_EQ(figures["video"]["decode_errors"], 0);
  EXPECT_GT(figures["audio"]["frames"], 150) << figures;
}

TEST(Call, ASlowReaderOfSeveralEncodingsGetsAPictureThatMovesAndARecordingThatDecodes) {
  const ServerProcess server;
  const tests::TemporaryFolder folder;
  const std::string file = (folder.path() / "call.webm").string();
  const std::string frames = (folder.path() / "frames.jsonl").string();
  const std::string where = url("tcp", server) + " --room call";
  const auto watched = beside(
      kSluice + " publish " + where + " --size 320x180 --simulcast 2 --bitrate 1M --audio tone",
      kSluice + " watch " + where +
          " --duration 8s --read-rate 600k --same-clock --json --output " + file + " --frame-log " +
          frames + " 2>/dev/null");
  ASSERT_EQ(watched.status, 0) << watched.output;
  const json figures = json::parse(watched.output);
  EXPECT_EQ(figures["video"]["undecodable"], 0) << figures;
  EXPECT_EQ(figures["video"]["decode_errors"], 0);
  EXPECT_GT(figures["video"]["shown"], 40) << figures;
  // By one clock an age is true: nothing is heard before it was said.
  EXPECT_GT(figures["audio"]["heard_age_ms"]["p50"], 0) << figures;
  EXPECT_EQ(ffmpeg_complaints(file), "");
  const auto first = tests::run("head -n 1 " + frames);
  ASSERT_TRUE(json::accept(first.output)) << first.output;
  EXPECT_EQ(json::parse(first.output)["event"], "arrived");
}

}  // namespace
}  // namespace sluice::client
