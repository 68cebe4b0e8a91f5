#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "client/server_url.h"

// Whatever the user types: an address or a sentence, and an address prints as one that reads back.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto url = sluice::client::parse_server_url({reinterpret_cast<const char*>(data), size});
  if (url && sluice::client::parse_server_url(url->to_string()) != url) std::abort();
  return 0;
}
