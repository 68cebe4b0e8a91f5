#pragma once

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::sfu {

/// One file of the meeting page, ready to be served.
struct SiteFile {
  std::shared_ptr<const std::string> content;
  std::string_view content_type;
  std::string etag;        ///< with its quotes; of the content, so the same on every node
  bool immutable = false;  ///< its name holds a hash of its content: it may be cached for ever
};

/// The files under the web root, read once at start.
///
/// A request is a look-up in a table, so no path in it can reach another file, and no event loop
/// waits for a disk. Left out: symbolic links, names that begin with a dot, special files.
/// Bound: `kSiteBytesMax`; a larger folder is refused, as it is the wrong one.
/// Immutable; safe to share between threads.
class StaticSite {
 public:
  /// No files at all, as when the page was not built.
  StaticSite() = default;

  /// Errors: one line that names the folder or file and what is wrong; a missing folder too.
  [[nodiscard]] static std::expected<StaticSite, std::string> load(
      const std::filesystem::path& root);

  /// The file of a decoded absolute path such as `/assets/app-3f9a0c21.js`; null when there is
  /// none.
  [[nodiscard]] const SiteFile* find(std::string_view path) const;

  [[nodiscard]] std::size_t files() const { return files_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::map<std::string, SiteFile, std::less<>> files_;
  std::size_t bytes_ = 0;
};

/// A built meeting page has about 1 MB; this leaves room for fonts, models and source maps.
inline constexpr std::size_t kSiteBytesMax = 64 << 20;

/// The `Content-Type` of a file name, by its extension; `application/octet-stream` when unknown.
[[nodiscard]] std::string_view content_type_of(std::string_view name);

}  // namespace sluice::sfu
