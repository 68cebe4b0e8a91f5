#include <sys/resource.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "sfu/configuration.h"
#include "sfu/log.h"
#include "sfu/server.h"

namespace {

/// Each connection is a descriptor, and the usual soft limit of 1024 is for programs that use
/// select(); the hard limit is the one that an administrator means.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice::sfu;
  try {
    const std::vector<std::string> arguments{argv + 1, argv + argc};
    const auto configuration = read_configuration(arguments, process_environment());
    if (!configuration) {
      const ConfigurationExit& exit = configuration.error();
      std::fputs(exit.text.c_str(), exit.status == 0 ? stdout : stderr);
      return exit.status;
    }
    std::signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    Log log{{.level = configuration->log_level, .format = configuration->log_format}};
    for (const std::string& warning : configuration->warnings) {
      log.warning("configuration", {{"warning", warning}});
    }
    Server server{*configuration, log};
    std::printf("Sluice %s is ready: %s (admin %s)\n", SLUICE_VERSION, server.address().c_str(),
                server.admin_address().c_str());
    std::fflush(stdout);
    server.run();
    return EXIT_SUCCESS;
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "sluice-server: %s\n", fault.what());
    return EXIT_FAILURE;
  }
}
