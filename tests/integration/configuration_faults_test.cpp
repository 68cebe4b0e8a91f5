#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/server_process.h"

namespace sluice::integration {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(ConfigurationFaults, AreReportedAllAtOnce) {
  const FinishedRun run =
      run_server({"--port", "99999", "--rooms-max", "none", "--log-level", "loud"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("--port"), HasSubstr("--rooms-max"), HasSubstr("--log-level")));
}

TEST(ConfigurationFaults, IncludeUnknownSettings) {
  const FinishedRun run = run_server({"--prot", "8080"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, HasSubstr("--prot"));
}

TEST(ConfigurationFaults, NameThePortThatIsTaken) {
  const ServerProcess server;
  const std::string port = std::to_string(server.port());
  const FinishedRun run = run_server({"--port", port, "--admin-port", "0"});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.output, AllOf(HasSubstr(port), HasSubstr("taken")));
}

TEST(ConfigurationFaults, NameTheAdminPortThatIsTaken) {
  const ServerProcess server;
  const std::string port = std::to_string(server.admin_port());
  const FinishedRun run = run_server({"--port", "0", "--admin-port", port});
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.output, AllOf(HasSubstr(port), HasSubstr("taken")));
}

TEST(ConfigurationFaults, NameTheCertificateThatIsMissing) {
  const FinishedRun run = run_server(
      {"--port", "0", "--admin-port", "0", "--tls-cert", "/nowhere.pem", "--tls-key", "/no.pem"});
  EXPECT_EQ(run.status, 2);
  EXPECT_THAT(run.output, AllOf(HasSubstr("/nowhere.pem"), HasSubstr("/no.pem")));
}

TEST(Help, ListsTheSettingsAndExitsWithZero) {
  const FinishedRun run = run_server({"--help"});
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, AllOf(HasSubstr("--port"), HasSubstr("--admin-port")));
}

}  // namespace
}  // namespace sluice::integration
