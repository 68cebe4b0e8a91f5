#pragma once

#include <string>

namespace sluice::media {

/// Why a codec refused: the library's own words, for people.
struct CodecError {
  std::string message;
};

}  // namespace sluice::media
