#include "client/output_file.h"

#include <cerrno>
#include <cstring>

namespace sluice::client {

std::expected<OutputFile, std::string> OutputFile::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    return std::unexpected("cannot write " + path + ": " + std::strerror(errno));
  }
  return OutputFile{file, path};
}

std::unexpected<std::string> OutputFile::failure() const {
  return std::unexpected("cannot write " + path_ + ": " + std::strerror(errno));
}

std::expected<void, std::string> OutputFile::append(std::span<const std::byte> bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) return failure();
  size_ += bytes.size();
  return {};
}

std::expected<void, std::string> OutputFile::overwrite(std::uint64_t position,
                                                       std::span<const std::byte> bytes) {
  if (fseeko(file_.get(), static_cast<off_t>(position), SEEK_SET) != 0) return failure();
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) return failure();
  if (fseeko(file_.get(), 0, SEEK_END) != 0) return failure();
  return {};
}

std::expected<void, std::string> OutputFile::close() {
  std::FILE* file = file_.release();
  if (file != nullptr && std::fclose(file) != 0) return failure();
  return {};
}

}  // namespace sluice::client
