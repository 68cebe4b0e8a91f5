#include "sfu/static_site.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "media/invariant.h"

namespace sluice::sfu {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kContentTypes = {{
    {".css", "text/css; charset=utf-8"},
    {".gif", "image/gif"},
    {".html", "text/html; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".mp3", "audio/mpeg"},
    {".mp4", "video/mp4"},
    {".ogg", "audio/ogg"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".wav", "audio/wav"},
    {".webm", "video/webm"},
    {".webmanifest", "application/manifest+json"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
}};

// Vite names what it builds `assets/<name>-<hash>.<extension>`, with eight characters of base64url.
bool has_hashed_name(std::string_view path) {
  constexpr std::size_t kHashBytes = 8;
  if (!path.starts_with("/assets/")) return false;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot < kHashBytes + 2) return false;
  const std::string_view hash = name.substr(dot - kHashBytes, kHashBytes);
  return name[dot - kHashBytes - 1] == '-' && std::ranges::all_of(hash, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_';
         });
}

std::string etag_of(std::string_view content) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  const int digested =
      EVP_Digest(content.data(), content.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  invariant(digested == 1, "OpenSSL provides SHA-256");
  // 64 bits: the tag tells versions of one file apart, it does not guard against anyone.
  std::string etag = "\"";
  for (std::size_t i = 0; i < 8; ++i) {
    std::array<char, 3> hex{};
    std::snprintf(hex.data(), hex.size(), "%02x", digest[i]);
    etag += hex.data();
  }
  return etag + '"';
}

std::expected<std::string, std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t bytes) {
  std::string content(bytes, '\0');
  std::ifstream in{path, std::ios::binary};
  if (!in.read(content.data(), static_cast<std::streamsize>(bytes))) {
    return std::unexpected{"web root: cannot read " + path.string()};
  }
  return content;
}

}  // namespace

std::string_view content_type_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos) {
    const std::string_view extension = name.substr(dot);
    for (const auto& [known, type] : kContentTypes) {
      if (extension == known) return type;
    }
  }
  return "application/octet-stream";
}

std::expected<StaticSite, std::string> StaticSite::load(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(root, error)) {
    return std::unexpected{"web root: " + root.string() + " is not a folder"};
  }
  StaticSite site;
  fs::recursive_directory_iterator entry{root, error};
  for (; !error && entry != fs::recursive_directory_iterator{}; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.')) {
      if (entry->is_directory(error)) entry.disable_recursion_pending();
      continue;
    }
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) continue;

    const std::uintmax_t bytes = entry->file_size(error);
    if (error) break;
    if (bytes > kSiteBytesMax - site.bytes_) {
      return std::unexpected{"web root: " + root.string() +
                             " holds more than 64 MiB: is it the folder of the built page?"};
    }
    auto content = read_file(entry->path(), static_cast<std::size_t>(bytes));
    if (!content) return std::unexpected{content.error()};
    site.bytes_ += content->size();

    const std::string path = "/" + entry->path().lexically_relative(root).generic_string();
    std::string etag = etag_of(*content);
    site.files_.emplace(
        path, SiteFile{.content = std::make_shared<const std::string>(*std::move(content)),
                       .content_type = content_type_of(name),
                       .etag = std::move(etag),
                       .immutable = has_hashed_name(path)});
  }
  if (error) {
    return std::unexpected{"web root: cannot read " + root.string() + ": " + error.message()};
  }
  return site;
}

const SiteFile* StaticSite::find(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

}  // namespace sluice::sfu
