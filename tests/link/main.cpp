// The program behind tests/link/run: an emulated link between two network namespaces.

#include <cstdio>
#include <string>
#include <vector>

#include "tests/link/session.h"

int main(int argc, char** argv) {
  auto arguments = sluice::link::parse_arguments(std::vector<std::string>(argv + 1, argv + argc));
  if (!arguments) {
    const auto& refusal = arguments.error();
    std::fputs(refusal.text.c_str(), refusal.status == 0 ? stdout : stderr);
    return refusal.status;
  }
  auto session = sluice::link::Session::create(*std::move(arguments));
  if (!session) {
    std::fprintf(stderr, "tests/link/run: %s\n", session.error().c_str());
    return 1;
  }
  return session->run();
}
