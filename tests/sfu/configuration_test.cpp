#include "sfu/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "sfu/setting_table.h"
#include "tests/sfu/pem_text.h"
#include "tests/sfu/temporary_folder.h"

namespace sluice::sfu {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Arguments = std::vector<std::string>;

const std::string kSecret(32, 's');

// All fault lines; empty when there is none.
std::string faults_of(const Arguments& arguments, const Environment& environment = {}) {
  const auto read = read_configuration(arguments, environment);
  if (read) return "";
  EXPECT_EQ(read.error().status, 2);
  return read.error().text;
}

std::string help() { return read_configuration(Arguments{"--help"}, {}).error().text; }

TEST(Configuration, HasTheDocumentedDefaults) {
  const auto read = read_configuration({}, {});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->bind, "127.0.0.1");
  EXPECT_EQ(read->port, 8080);
  EXPECT_EQ(read->admin_port, 9464);
  EXPECT_EQ(read->video_latency_budget, 400ms);
  EXPECT_FALSE(read->lanes);
  EXPECT_EQ(read->flight_recorder, 60s);
  EXPECT_FALSE(read->tls_files);
  EXPECT_THAT(read->keys, IsEmpty());
  EXPECT_THAT(read->warnings, IsEmpty());
}

TEST(Configuration, ReadsEverySettingFromFlags) {
  const TemporaryFolder folder;
  const TlsContext certificate = TlsContext::self_signed().value();
  const auto certificate_file = folder.write("c.pem", certificate_pem(certificate));
  const auto key_file = folder.write("k.pem", key_pem(certificate));
  const auto read = read_configuration(Arguments{"--bind",
                                                 "0.0.0.0",
                                                 "--port=443",
                                                 "--admin-bind",
                                                 "::1",
                                                 "--admin-port",
                                                 "9000",
                                                 "--tls-cert",
                                                 certificate_file,
                                                 "--tls-key",
                                                 key_file,
                                                 "--key",
                                                 "one:" + kSecret,
                                                 "--key",
                                                 "two:" + kSecret,
                                                 "--allow-origin",
                                                 "https://a.example",
                                                 "--allow-origin",
                                                 "https://b.example",
                                                 "--connections-max",
                                                 "10",
                                                 "--rooms-max",
                                                 "20",
                                                 "--participants-max",
                                                 "30",
                                                 "--empty-room-timeout",
                                                 "5m",
                                                 "--audio-latency-budget",
                                                 "100ms",
                                                 "--video-latency-budget",
                                                 "300ms",
                                                 "--screen-latency-budget",
                                                 "2s",
                                                 "--congestion-control",
                                                 "reno",
                                                 "--lanes",
                                                 "--shards",
                                                 "3",
                                                 "--pin-shards",
                                                 "--web-root",
                                                 "/srv/page",
                                                 "--log-level",
                                                 "debug",
                                                 "--log-format",
                                                 "json",
                                                 "--flight-recorder",
                                                 "2m"},
                                       {});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->bind, "0.0.0.0");
  EXPECT_EQ(read->port, 443);
  EXPECT_EQ(read->admin_bind, "::1");
  EXPECT_EQ(read->admin_port, 9000);
  ASSERT_TRUE(read->tls_files);
  EXPECT_EQ(read->tls_files->certificate, certificate_file);
  EXPECT_EQ(read->tls_files->key, key_file);
  EXPECT_EQ(read->keys.size(), 2U);
  EXPECT_EQ(read->keys.at("two"), kSecret);
  EXPECT_EQ(read->allowed_origins,
            (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(read->connections_max, 10U);
  EXPECT_EQ(read->rooms_max, 20U);
  EXPECT_EQ(read->participants_max, 30U);
  EXPECT_EQ(read->empty_room_timeout, 5min);
  EXPECT_EQ(read->audio_latency_budget, 100ms);
  EXPECT_EQ(read->video_latency_budget, 300ms);
  EXPECT_EQ(read->screen_latency_budget, 2s);
  EXPECT_EQ(read->congestion_control, "reno");
  EXPECT_TRUE(read->lanes);
  EXPECT_EQ(read->shards, 3U);
  EXPECT_TRUE(read->pin_shards);
  EXPECT_EQ(read->web_root, "/srv/page");
  EXPECT_EQ(read->log_level, LogLevel::kDebug);
  EXPECT_EQ(read->log_format, LogFormat::kJson);
  EXPECT_EQ(read->flight_recorder, 2min);
}

TEST(Configuration, PrefersFlagsToTheEnvironmentToTheFileToDefaults) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("sluice.toml",
                   "# a comment\nport = 1111\nadmin-port = 2222\nrooms-max = 3333\n"
                   "tls-self-signed = true\ntls-name = [\"a.example\", \"b.example\"]\n"
                   "log-format = \"json\"\n");
  const auto read =
      read_configuration(Arguments{"--config", file, "--port", "1"},
                         {{"SLUICE_PORT", "2"}, {"SLUICE_ADMIN_PORT", "3"}, {"PATH", "/bin"}});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->port, 1);
  EXPECT_EQ(read->admin_port, 3);
  EXPECT_EQ(read->rooms_max, 3333U);
  EXPECT_TRUE(read->tls_self_signed);
  EXPECT_EQ(read->tls_names, (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(read->log_format, LogFormat::kJson);
  EXPECT_EQ(read->participants_max, Configuration{}.participants_max);
}

TEST(Configuration, FindsItsFileThroughTheEnvironment) {
  const TemporaryFolder folder;
  const auto file = folder.write("sluice.toml", "port = 1111\n");
  const auto read = read_configuration({}, {{"SLUICE_CONFIG", file.string()}});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->port, 1111);
}

TEST(Configuration, ReadsListsAndSwitchesFromTheEnvironment) {
  const auto read = read_configuration({}, {{"SLUICE_TLS_SELF_SIGNED", "true"},
                                            {"SLUICE_TLS_NAME", "a.example,b.example"},
                                            {"SLUICE_KEY", ""}});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_TRUE(read->tls_self_signed);
  EXPECT_EQ(read->tls_names.size(), 2U);
  EXPECT_THAT(read->keys, IsEmpty());
}

TEST(Configuration, ReportsAllFaultsAtOnceAndWhereEachComesFrom) {
  const TemporaryFolder folder;
  const auto file = folder.write("sluice.toml", "rooms-max = 0\nprot = 1\n[tls]\nname = \"x\"\n");
  const std::string faults =
      faults_of({"--port", "99999", "--frobnicate", "yes", "--log-level=loud", "--config", file},
                {{"SLUICE_VIDEO_LATENCY_BUDGET", "400"}});
  EXPECT_THAT(faults, HasSubstr("--port 99999: must be a whole number from 0 to 65535\n"));
  EXPECT_THAT(faults, HasSubstr("--frobnicate: no such option; see --help\n"));
  EXPECT_THAT(faults, HasSubstr("--log-level loud: must be debug, info, warning or error\n"));
  EXPECT_THAT(faults, HasSubstr("SLUICE_VIDEO_LATENCY_BUDGET=400: must be a duration from 20ms"));
  EXPECT_THAT(faults, HasSubstr("sluice.toml: rooms-max=0: must be a whole number from 1"));
  EXPECT_THAT(faults, HasSubstr("sluice.toml: prot: no such setting; did you mean port?\n"));
  EXPECT_THAT(faults,
              HasSubstr("sluice.toml: tls.name: no such setting; the file has no sections"));
  EXPECT_EQ(std::ranges::count(faults, '\n'), 7);
}

TEST(Configuration, SuggestsTheOptionThatWasMeant) {
  EXPECT_EQ(faults_of({"--prot", "80"}), "--prot: no such option; did you mean port?\n");
  EXPECT_EQ(faults_of({"stray"}), "stray: no such option; see --help\n");
}

TEST(Configuration, RefusesAnOptionWithoutItsValueOrGivenTwice) {
  EXPECT_EQ(faults_of({"--port"}), "--port: needs a value: --port PORT\n");
  EXPECT_EQ(faults_of({"--port="}), "--port: needs a value: --port PORT\n");
  EXPECT_EQ(faults_of({"--config"}), "--config: needs a value: --config FILE\n");
  EXPECT_EQ(faults_of({"--port", "1", "--port", "2"}), "--port: is given more than once\n");
}

TEST(Configuration, ReportsTheOtherFaultsBesideAnOptionWithoutItsValue) {
  EXPECT_EQ(faults_of({"--rooms-max", "none", "--port", "--shards", "99", "--web-root"}),
            "--port: needs a value: --port PORT\n"
            "--web-root: needs a value: --web-root FOLDER\n"
            "--rooms-max none: must be a whole number from 1 to 1000000\n"
            "--shards 99: must be a whole number from 1 to 64\n");
  EXPECT_THAT(faults_of({"--config", "/none.toml", "--config", "/nor.toml", "--shards", "99"}),
              AllOf(HasSubstr("--config: is given more than once\n"),
                    HasSubstr("--shards 99: must be a whole number from 1 to 64\n")));
}

TEST(Configuration, ReportsWhatIsWrongWithTheCertificateBesideTheOtherFaults) {
  EXPECT_EQ(faults_of({"--tls-cert", "/none.pem", "--tls-key", "/nor.pem", "--shards", "99"}),
            "--shards 99: must be a whole number from 1 to 64\n"
            "--tls-cert /none.pem: cannot be read as a file: No such file or directory\n"
            "--tls-key /nor.pem: cannot be read as a file: No such file or directory\n");
  const TemporaryFolder folder;
  const auto text = folder.write("text.pem", "no certificate");
  EXPECT_THAT(faults_of({"--tls-cert", text, "--tls-key", text, "--shards", "99"}),
              AllOf(HasSubstr("text.pem: no PEM certificate in it"),
                    HasSubstr("--shards 99: must be a whole number from 1 to 64\n")));
}

TEST(Configuration, OpensToTheNetworkOnlyWithKeysOrOnPurpose) {
  EXPECT_THAT(faults_of({"--bind", "0.0.0.0"}), HasSubstr("--bind 0.0.0.0: without keys"));
  EXPECT_THAT(faults_of({"--bind", "::"}), HasSubstr("--insecure-open-rooms"));
  EXPECT_EQ(faults_of({"--bind", "::1"}), "");
  EXPECT_EQ(faults_of({"--bind", "0.0.0.0", "--key", "k:" + kSecret}), "");
  EXPECT_EQ(faults_of({"--bind", "0.0.0.0", "--insecure-open-rooms"}), "");
  EXPECT_THAT(faults_of({"--insecure-open-rooms", "--key", "k:" + kSecret}),
              HasSubstr("--insecure-open-rooms: contradicts the keys"));
}

TEST(Configuration, NeverPrintsASecret) {
  const std::string faults =
      faults_of({"--key", "k:tooshort-hunter2"}, {{"SLUICE_KEY", "x:other-hunter2"}});
  EXPECT_EQ(faults,
            "--key (hidden): the secret of key k must have at least 32 characters; make one with: "
            "openssl rand -hex 32\n");
  EXPECT_THAT(faults_of({"--key", "hunter2"}), Not(HasSubstr("hunter2")));
  EXPECT_THAT(faults_of({}, {{"SLUICE_KEY", "hunter2"}}), Not(HasSubstr("hunter2")));
}

TEST(Configuration, ReadsKeysFromAFile) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("keys", "# ours\n\n one : " + kSecret + "\r\ntwo:" + kSecret + "x\n");
  const auto read = read_configuration(Arguments{"--keys-file", file}, {});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->keys,
            (std::map<std::string, std::string>{{"one", kSecret}, {"two", kSecret + "x"}}));

  const auto twice = folder.write("twice", "one:" + kSecret + "\none:" + kSecret + "\n");
  EXPECT_THAT(faults_of({"--keys-file", twice}), HasSubstr("line 2: key one is given twice"));
  const auto empty = folder.write("empty", "# nothing\n");
  EXPECT_THAT(faults_of({"--keys-file", empty}), HasSubstr("has no key in it"));
  EXPECT_THAT(faults_of({"--keys-file", "/nonexistent"}), HasSubstr("cannot be read"));
}

TEST(Configuration, WantsCertificateAndKeyTogetherAndNotBesideASelfSignedOne) {
  EXPECT_EQ(faults_of({"--tls-cert", "c"}), "--tls-cert: needs --tls-key too\n");
  EXPECT_EQ(faults_of({"--tls-key", "k"}), "--tls-key: needs --tls-cert too\n");
  EXPECT_THAT(faults_of({"--tls-cert", "c", "--tls-key", "k", "--tls-self-signed"}),
              HasSubstr("--tls-self-signed: leave it out"));
  EXPECT_THAT(faults_of({"--tls-name", "a.example"}), HasSubstr("only with --tls-self-signed"));
}

TEST(Configuration, RefusesTwoListenersOnOnePort) {
  EXPECT_THAT(faults_of({"--port", "9464"}), HasSubstr("--admin-port 9464: is the same as --port"));
  EXPECT_EQ(faults_of({"--port", "0", "--admin-port", "0"}), "");
  EXPECT_EQ(faults_of({"--port", "9464", "--bind", "127.0.0.2"}), "");
}

TEST(Configuration, RefusesACongestionControlThatTheSystemDoesNotAllow) {
  EXPECT_THAT(
      faults_of({"--congestion-control", "warp"}),
      HasSubstr("--congestion-control warp: must be auto or one that this system allows: "));
}

TEST(Configuration, RefusesAMissingFile) {
  EXPECT_EQ(faults_of({"--config", "/nonexistent.toml"}),
            "--config /nonexistent.toml: cannot be read as a file\n");
}

TEST(Configuration, WarnsAboutVariablesThatNoSettingHas) {
  const auto read = read_configuration({}, {{"SLUICE_PROT", "80"}});
  ASSERT_TRUE(read);
  EXPECT_EQ(read->warnings,
            std::vector<std::string>{
                "SLUICE_PROT is set, but no setting has this name; did you mean SLUICE_PORT?"});
}

TEST(Configuration, IgnoresWhatKubernetesSetsForAServiceNamedSluice) {
  const auto read = read_configuration({}, {{"SLUICE_PORT", "tcp://10.0.0.1:8080"},
                                            {"SLUICE_SERVICE_HOST", "10.0.0.1"},
                                            {"SLUICE_PORT_8080_TCP_PORT", "8080"}});
  ASSERT_TRUE(read) << read.error().text;
  EXPECT_EQ(read->port, 8080);
  EXPECT_THAT(read->warnings, IsEmpty());
}

TEST(Configuration, WarnsAboutWhatIsProbablyNotMeant) {
  const auto read = read_configuration(
      Arguments{"--bind", "0.0.0.0", "--insecure-open-rooms", "--admin-bind", "0.0.0.0"}, {});
  ASSERT_TRUE(read) << read.error().text;
  ASSERT_EQ(read->warnings.size(), 2U);
  EXPECT_THAT(read->warnings[0], HasSubstr("can read the metrics"));
  EXPECT_THAT(read->warnings[1], HasSubstr("without TLS"));
}

TEST(Configuration, PrintsHelpAndVersionInsteadOfStarting) {
  for (const char* flag : {"--help", "-h"}) {
    const auto read = read_configuration(Arguments{flag, "--port", "bad"}, {});
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().status, 0);
    EXPECT_THAT(read.error().text, HasSubstr("--admin-port PORT"));
  }
  const auto version = read_configuration(Arguments{"--version"}, {});
  ASSERT_FALSE(version);
  EXPECT_EQ(version.error().status, 0);
  EXPECT_THAT(version.error().text, testing::StartsWith("sluice-server "));
}

TEST(Configuration, HelpFitsATerminal) {
  std::istringstream stream{help()};
  for (std::string line; std::getline(stream, line);) EXPECT_LE(line.size(), 100U) << line;
}

std::set<std::string> options_in(const std::string& text, const std::regex& pattern) {
  std::set<std::string> names;
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match) {
    names.insert((*match)[1]);
  }
  return names;
}

TEST(ConfigurationDocument, HasExactlyTheOptionsOfHelp) {
  std::ifstream file{SLUICE_SOURCE_DIR "/docs/configuration.md"};
  std::ostringstream document;
  document << file.rdbuf();
  // In the help an option opens its line; in the page it opens a row of a table.
  const auto documented =
      options_in(document.str(), std::regex{R"(\n\| `--([a-z-]+))", std::regex::ECMAScript});
  const auto helped =
      options_in(help(), std::regex{R"(\n +(?:-h,)?--([a-z-]+))", std::regex::ECMAScript});
  EXPECT_GT(helped.size(), 20U);
  EXPECT_EQ(documented, helped);
}

TEST(ConfigurationDocument, NamesEveryEnvironmentVariable) {
  EXPECT_EQ(environment_name(all_settings()[3]), "SLUICE_ADMIN_PORT");
  for (const Setting& setting : all_settings()) {
    EXPECT_EQ(environment_name(setting).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::sfu
