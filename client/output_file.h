#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <expected>
#include <memory>
#include <span>
#include <string>

namespace sluice::client {

/// A file that is written from front to back and mended at places before.
/// Errors are one sentence for people.
class OutputFile {
 public:
  /// Makes the file anew.
  [[nodiscard]] static std::expected<OutputFile, std::string> open(const std::string& path);

  [[nodiscard]] std::expected<void, std::string> append(std::span<const std::byte> bytes);
  /// Writes over what stands at `position`.
  [[nodiscard]] std::expected<void, std::string> overwrite(std::uint64_t position,
                                                           std::span<const std::byte> bytes);
  [[nodiscard]] std::expected<void, std::string> close();
  /// Bytes appended so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  OutputFile(std::FILE* file, std::string path) : file_{file}, path_{std::move(path)} {}
  [[nodiscard]] std::unexpected<std::string> failure() const;

  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
  std::uint64_t size_ = 0;
};

}  // namespace sluice::client
