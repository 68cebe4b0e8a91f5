#include "client/recorder.h"

#include "client/ivf_recorder.h"
#include "client/webm_recorder.h"
#include "client/y4m_recorder.h"

namespace sluice::client {

std::expected<std::unique_ptr<Recorder>, std::string> open_recorder(const std::string& path) {
  const auto ends_with = [&](std::string_view ending) { return path.ends_with(ending); };
  if (!ends_with(".webm") && !ends_with(".ivf") && !ends_with(".y4m")) {
    return std::unexpected("'" + path + "' does not end in .webm, .ivf or .y4m");
  }
  auto file = OutputFile::open(path);
  if (!file) return std::unexpected(std::move(file.error()));
  if (ends_with(".ivf")) return std::make_unique<IvfRecorder>(*std::move(file));
  if (ends_with(".y4m")) return std::make_unique<Y4mRecorder>(*std::move(file));
  return std::make_unique<WebmRecorder>(*std::move(file));
}

}  // namespace sluice::client
