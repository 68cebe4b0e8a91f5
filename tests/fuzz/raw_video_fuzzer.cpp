#include <cstdint>
#include <sstream>
#include <string>

#include "client/raw_video_reader.h"

// Any file given as y4m: pictures, an end or a sentence. Sides are held small, since a header may
// rightly announce pictures of hundreds of megabytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kSideMax = 512;
  std::istringstream input{std::string{reinterpret_cast<const char*>(data), size}};
  auto reader = sluice::client::RawVideoReader::open_y4m(input);
  if (!reader || reader->header().width > kSideMax || reader->header().height > kSideMax) return 0;
  for (auto picture = reader->next(); picture && *picture; picture = reader->next()) continue;
  return 0;
}
