#include "sfu/static_site.h"

#include <gtest/gtest.h>

#include "tests/sfu/temporary_folder.h"

namespace sluice::sfu {
namespace {

TEST(StaticSite, HoldsTheFilesUnderItsRoot) {
  const TemporaryFolder root;
  root.write("index.html", "<!doctype html>");
  root.write("assets/app-BX2f_9-z.js", "export {}");
  const auto site = StaticSite::load(root.path());
  ASSERT_TRUE(site) << site.error();
  EXPECT_EQ(site->files(), 2U);
  EXPECT_EQ(site->bytes(), 24U);
  ASSERT_NE(site->find("/index.html"), nullptr);
  EXPECT_EQ(*site->find("/index.html")->content, "<!doctype html>");
  EXPECT_EQ(site->find("/index.html")->content_type, "text/html; charset=utf-8");
  ASSERT_NE(site->find("/assets/app-BX2f_9-z.js"), nullptr);
}

TEST(StaticSite, KnowsNoOtherPath) {
  const TemporaryFolder root;
  root.write("public/index.html", "page");
  root.write("secret.txt", "secret");
  const auto site = StaticSite::load(root.path() / "public");
  ASSERT_TRUE(site);
  for (const char* path : {"", "/", "/../secret.txt", "/x/../../secret.txt", "//index.html",
                           "index.html", "/index.html/", "/INDEX.HTML"}) {
    EXPECT_EQ(site->find(path), nullptr) << path;
  }
}

TEST(StaticSite, LeavesOutLinksAndHiddenFiles) {
  const TemporaryFolder root;
  root.write("outside.txt", "secret");
  root.write("public/index.html", "page");
  root.write("public/.env", "secret");
  root.write("public/.git/config", "secret");
  std::filesystem::create_symlink(root.path() / "outside.txt", root.path() / "public/link.txt");
  std::filesystem::create_directory_symlink(root.path(), root.path() / "public/up");
  const auto site = StaticSite::load(root.path() / "public");
  ASSERT_TRUE(site) << site.error();
  EXPECT_EQ(site->files(), 1U);
}

TEST(StaticSite, CachesForEverOnlyWhatHasAHashInItsName) {
  const TemporaryFolder root;
  for (const char* name : {"assets/app-3f9a0c21.js", "assets/app-3f9a0c21.js.map", "index.html",
                           "assets/app.js", "assets/logo-small.svg", "app-3f9a0c21.js"}) {
    root.write(name, name);
  }
  const auto site = StaticSite::load(root.path());
  ASSERT_TRUE(site);
  EXPECT_TRUE(site->find("/assets/app-3f9a0c21.js")->immutable);
  EXPECT_TRUE(site->find("/assets/app-3f9a0c21.js.map")->immutable);
  EXPECT_FALSE(site->find("/index.html")->immutable);
  EXPECT_FALSE(site->find("/assets/app.js")->immutable);
  EXPECT_FALSE(site->find("/assets/logo-small.svg")->immutable);
  EXPECT_FALSE(site->find("/app-3f9a0c21.js")->immutable);
}

TEST(StaticSite, TagsTheContentOfAFile) {
  const TemporaryFolder root;
  root.write("a.txt", "same");
  root.write("b.txt", "same");
  root.write("c.txt", "different");
  const auto site = StaticSite::load(root.path());
  ASSERT_TRUE(site);
  EXPECT_EQ(site->find("/a.txt")->etag, site->find("/b.txt")->etag);
  EXPECT_NE(site->find("/a.txt")->etag, site->find("/c.txt")->etag);
  EXPECT_EQ(site->find("/a.txt")->etag.size(), 18U);
}

TEST(StaticSite, SaysWhichFolderIsMissing) {
  const auto site = StaticSite::load("/nonexistent/page");
  ASSERT_FALSE(site);
  EXPECT_EQ(site.error(), "web root: /nonexistent/page is not a folder");
}

TEST(StaticSite, RefusesAFolderThatIsTooLarge) {
  const TemporaryFolder root;
  const auto file = root.write("huge.bin", "");
  std::filesystem::resize_file(file, kSiteBytesMax + 1);  // a hole: takes no disk
  const auto site = StaticSite::load(root.path());
  ASSERT_FALSE(site);
  EXPECT_NE(site.error().find("more than 64 MiB"), std::string::npos);
}

TEST(ContentType, KnowsWhatAMeetingPageIsMadeOf) {
  EXPECT_EQ(content_type_of("a.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(content_type_of("a.wasm"), "application/wasm");
  EXPECT_EQ(content_type_of("a.css"), "text/css; charset=utf-8");
  EXPECT_EQ(content_type_of("a.svg"), "image/svg+xml");
  EXPECT_EQ(content_type_of("a.woff2"), "font/woff2");
  EXPECT_EQ(content_type_of("a.webmanifest"), "application/manifest+json");
  EXPECT_EQ(content_type_of("a.js.map"), "application/json");
  EXPECT_EQ(content_type_of("LICENSE"), "application/octet-stream");
}

}  // namespace
}  // namespace sluice::sfu
