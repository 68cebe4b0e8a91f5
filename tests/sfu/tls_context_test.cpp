#include "sfu/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "sfu/transport.h"
#include "tests/sfu/pem_text.h"
#include "tests/sfu/socket_pair.h"
#include "tests/sfu/temporary_folder.h"
#include "tests/sfu/tls_client.h"

namespace sluice::sfu {
namespace {

using testing::HasSubstr;

class TlsContextFiles : public testing::Test {
 protected:
  TlsContextFiles()
      : context_{TlsContext::self_signed().value()},
        certificate_{folder_.write("cert.pem", certificate_pem(context_))},
        key_{folder_.write("key.pem", key_pem(context_))} {}

  static std::string error_of(const std::filesystem::path& certificate_file,
                              const std::filesystem::path& key_file) {
    const auto made = TlsContext::from_files(certificate_file, key_file);
    return made ? "" : made.error();
  }

  TemporaryFolder folder_;
  TlsContext context_;
  std::filesystem::path certificate_;
  std::filesystem::path key_;
};

TEST(TlsContextSelfSigned, NamesThisMachineAndWhatWasAskedFor) {
  const std::vector<std::string> names = {"meet.example.org", "192.0.2.7", "2001:db8::1"};
  const auto context = TlsContext::self_signed(names);
  ASSERT_TRUE(context) << context.error();
  X509* const certificate = SSL_CTX_get0_certificate(context->native());
  for (const char* name : {"localhost", "meet.example.org"}) {
    EXPECT_EQ(X509_check_host(certificate, name, 0, 0, nullptr), 1) << name;
  }
  for (const char* address : {"127.0.0.1", "::1", "192.0.2.7", "2001:db8::1"}) {
    EXPECT_EQ(X509_check_ip_asc(certificate, address, 0), 1) << address;
  }
  EXPECT_NE(X509_check_host(certificate, "example.org", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
}

TEST(TlsContextSelfSigned, LivesThirtyDaysAndHasAFingerprintOfItsOwn) {
  const TlsContext one = TlsContext::self_signed().value();
  const TlsContext two = TlsContext::self_signed().value();
  const auto left = one.expires() - std::chrono::system_clock::now();
  EXPECT_GT(left, std::chrono::days{29});
  EXPECT_LE(left, std::chrono::days{30});
  EXPECT_EQ(one.fingerprint().size(), 32 * 3 - 1);
  EXPECT_NE(one.fingerprint(), two.fingerprint());
}

TEST(TlsContextSelfSigned, RefusesANameThatWouldSmuggleInOthers) {
  const std::vector<std::string> names = {"a.example,DNS:b.example"};
  const auto context = TlsContext::self_signed(names);
  ASSERT_FALSE(context);
  EXPECT_THAT(context.error(), HasSubstr("'a.example,DNS:b.example'"));
}

TEST_F(TlsContextFiles, AreReadAgainAsWritten) {
  const auto made = TlsContext::from_files(certificate_, key_);
  ASSERT_TRUE(made) << made.error();
  EXPECT_EQ(made->fingerprint(), context_.fingerprint());
  EXPECT_EQ(made->expires(), context_.expires());
}

TEST_F(TlsContextFiles, AreNamedWhenMissingOrUnreadable) {
  EXPECT_EQ(error_of("/nonexistent/cert.pem", key_),
            "TLS certificate /nonexistent/cert.pem: No such file or directory");
  EXPECT_EQ(error_of(certificate_, "/nonexistent/key.pem"),
            "TLS key /nonexistent/key.pem: No such file or directory");
  EXPECT_THAT(error_of(folder_.path(), key_), HasSubstr("is a folder"));
}

TEST_F(TlsContextFiles, AreNamedWhenTheyHoldSomethingElse) {
  const auto other = folder_.write("other.txt", "not a certificate");
  EXPECT_THAT(error_of(other, key_), HasSubstr("other.txt: no PEM certificate in it"));
  EXPECT_THAT(error_of(certificate_, other), HasSubstr("other.txt: no PEM private key in it"));
  EXPECT_THAT(error_of(key_, key_), HasSubstr("key.pem: no PEM certificate in it"));
}

TEST_F(TlsContextFiles, AreNamedWhenTheyDoNotBelongTogether) {
  const auto other = folder_.write("other.pem", key_pem(TlsContext::self_signed().value()));
  EXPECT_THAT(error_of(certificate_, other), HasSubstr("does not belong to the certificate"));
}

TEST_F(TlsContextFiles, AreRefusedWithAnEncryptedKeyAndNobodyIsAsked) {
  const auto encrypted = folder_.write("encrypted.pem", key_pem(context_, "secret"));
  EXPECT_THAT(error_of(certificate_, encrypted), HasSubstr("is encrypted"));
}

// True when the handshake succeeds, false when the server refuses it.
bool shake_hands(Transport& transport, TlsClient& client, const SocketPair& sockets) {
  client.handshake();
  while (wait_readable(sockets.server.get())) {
    const auto server_done = transport.handshake();
    if (!server_done && server_done.error() != IoStatus::kWouldBlockRead) return false;
    if (!wait_readable(sockets.client.get())) return false;
    if (client.handshake() && server_done) return true;
  }
  return false;
}

class TlsVersion : public testing::TestWithParam<int> {};

TEST_P(TlsVersion, IsAtLeastTwelve) {
  const TlsContext context = TlsContext::self_signed().value();
  const SocketPair sockets = connect_socket_pair();
  const auto transport = make_tls_transport(sockets.server.get(), context);
  TlsClient client{sockets.client.get(), GetParam()};
  EXPECT_EQ(shake_hands(*transport, client, sockets), GetParam() >= TLS1_2_VERSION);
}

INSTANTIATE_TEST_SUITE_P(All, TlsVersion,
                         testing::Values(TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION));

TEST(TlsContextAlpn, ChoosesHttp11AndServesClientsThatOfferOthers) {
  const TlsContext context = TlsContext::self_signed().value();
  for (const auto& [offer, chosen] : {std::pair{std::string{"\x02h2\x08http/1.1"}, "http/1.1"},
                                      std::pair{std::string{"\x02h2"}, ""}}) {
    const SocketPair sockets = connect_socket_pair();
    const auto transport = make_tls_transport(sockets.server.get(), context);
    TlsClient client{sockets.client.get()};
    SSL_set_alpn_protos(client.native(), reinterpret_cast<const unsigned char*>(offer.data()),
                        static_cast<unsigned int>(offer.size()));
    ASSERT_TRUE(shake_hands(*transport, client, sockets));
    const unsigned char* selected = nullptr;
    unsigned int bytes = 0;
    SSL_get0_alpn_selected(client.native(), &selected, &bytes);
    EXPECT_EQ((std::string{selected, selected + bytes}), chosen);
  }
}

}  // namespace
}  // namespace sluice::sfu
