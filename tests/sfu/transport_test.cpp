#include "sfu/transport.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <array>
#include <csignal>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "tests/sfu/socket_pair.h"
#include "tests/sfu/tls_client.h"

namespace sluice::sfu {
namespace {

iovec piece(std::string_view text) {
  return {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
}

std::string read_some(Transport& transport, std::size_t bytes_max = 65536) {
  std::string text(bytes_max, '\0');
  const auto bytes = transport.read(std::as_writable_bytes(std::span{text}));
  text.resize(bytes.value_or(0));
  return text;
}

std::string receive(int descriptor, std::size_t bytes_max) {
  EXPECT_TRUE(wait_readable(descriptor));
  std::string text(bytes_max, '\0');
  const ssize_t bytes = ::recv(descriptor, text.data(), text.size(), 0);
  text.resize(bytes < 0 ? 0 : static_cast<std::size_t>(bytes));
  return text;
}

// Recognisable content, so that a byte lost, doubled or out of place is seen.
std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>('a' + i * 7 % 26 + i % 3);
  return text;
}

TEST(PlainTransport, WritesAllPiecesInOneCallAndReadsThem) {
  const SocketPair sockets = connect_socket_pair();
  const auto transport = make_plain_transport(sockets.server.get());
  EXPECT_TRUE(transport->handshake());
  const std::array pieces = {piece("header "), piece(""), piece("payload")};
  EXPECT_EQ(transport->write(pieces, {.end_of_record = true}), 14U);
  EXPECT_EQ(receive(sockets.client.get(), 100), "header payload");
  EXPECT_EQ(transport->unflushed_bytes(), 0U);

  ASSERT_EQ(::send(sockets.client.get(), "hello", 5, 0), 5);
  ASSERT_TRUE(wait_for_bytes(sockets.server.get(), 5));
  EXPECT_EQ(read_some(*transport), "hello");
}

TEST(PlainTransport, SaysThatItWouldBlock) {
  const SocketPair sockets = connect_socket_pair();
  const auto transport = make_plain_transport(sockets.server.get());
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(transport->read(buffer), std::unexpected{IoStatus::kWouldBlockRead});

  const std::string block(1 << 20, 'x');
  const std::array pieces = {piece(block)};
  std::expected<std::size_t, IoStatus> written = 0;
  for (int i = 0; i < 1000 && written; ++i) written = transport->write(pieces, {});
  EXPECT_EQ(written, std::unexpected{IoStatus::kWouldBlockWrite});
}

TEST(PlainTransport, TellsAnOrderlyEndFromAFailure) {
  SocketPair sockets = connect_socket_pair();
  const auto transport = make_plain_transport(sockets.server.get());
  sockets.client.reset();
  ASSERT_TRUE(wait_readable(sockets.server.get()));
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(transport->read(buffer), std::unexpected{IoStatus::kClosed});
  EXPECT_EQ(transport->failure(), "");
}

TEST(PlainTransport, SurvivesWritingToAPeerThatIsGone) {
  std::signal(SIGPIPE, SIG_DFL);
  SocketPair sockets = connect_socket_pair();
  const auto transport = make_plain_transport(sockets.server.get());
  // Closing with unread data resets the connection.
  const std::array pieces = {piece("unread")};
  ASSERT_TRUE(transport->write(pieces, {}));
  ASSERT_TRUE(wait_readable(sockets.client.get()));
  sockets.client.reset();
  ASSERT_TRUE(wait_readable(sockets.server.get()));
  std::expected<std::size_t, IoStatus> written = 0;
  for (int i = 0; i < 10 && written; ++i) written = transport->write(pieces, {});
  EXPECT_EQ(written, std::unexpected{IoStatus::kFailed});
  EXPECT_NE(transport->failure(), "");
}

class TlsTransportTest : public testing::Test {
 protected:
  TlsTransportTest()
      : context_{TlsContext::self_signed().value()},
        sockets_{connect_socket_pair()},
        transport_{make_tls_transport(sockets_.server.get(), context_)},
        client_{sockets_.client.get()} {}

  void shake_hands() {
    ASSERT_FALSE(client_.handshake());
    for (int i = 0; i < 10; ++i) {
      ASSERT_TRUE(wait_readable(sockets_.server.get()));
      const auto server_done = transport_->handshake();
      if (server_done) break;
      ASSERT_EQ(server_done.error(), IoStatus::kWouldBlockRead) << transport_->failure();
      ASSERT_TRUE(wait_readable(sockets_.client.get()));
      client_.handshake();
    }
    ASSERT_TRUE(client_.handshake());
  }

  TlsContext context_;
  SocketPair sockets_;
  std::unique_ptr<Transport> transport_;
  TlsClient client_;
};

TEST_F(TlsTransportTest, CarriesBytesBothWays) {
  shake_hands();
  ASSERT_TRUE(client_.send("hello"));
  ASSERT_TRUE(wait_readable(sockets_.server.get()));
  EXPECT_EQ(read_some(*transport_), "hello");
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(transport_->read(buffer), std::unexpected{IoStatus::kWouldBlockRead});

  const std::array pieces = {piece("welcome")};
  EXPECT_EQ(transport_->write(pieces, {.end_of_record = true}), 7U);
  EXPECT_EQ(client_.receive(7), "welcome");
}

TEST_F(TlsTransportTest, GathersSmallPiecesIntoOneRecord) {
  shake_hands();
  const std::string payload = pattern(1200);
  const std::array pieces = {piece("prefix"), piece(""), piece("header"), piece(payload)};
  EXPECT_EQ(transport_->write(pieces, {}), 1212U);
  EXPECT_EQ(client_.receive(1212), "prefixheader" + payload);
  EXPECT_EQ(client_.records, 1);
}

TEST_F(TlsTransportTest, TakesAtMostOneRecordACall) {
  shake_hands();
  const std::string large = pattern(40000);
  std::array pieces = {piece(large)};
  EXPECT_EQ(transport_->write(pieces, {}), kTlsRecordBytesMax);
  const std::array mixed = {piece("x"), piece(large)};
  EXPECT_EQ(transport_->write(mixed, {}), kTlsRecordBytesMax);
}

TEST_F(TlsTransportTest, ReadsAllRecordsThatAreThere) {
  shake_hands();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client_.send("12345"));
  // TLS 1.3 adds 22 bytes to each.
  ASSERT_TRUE(wait_for_bytes(sockets_.server.get(), 5 * (5 + 22)));
  EXPECT_EQ(read_some(*transport_), "1234512345123451234512345");
}

TEST_F(TlsTransportTest, LosesAndRepeatsNothingWhenTheSocketIsFull) {
  shake_hands();
  std::string offered;
  std::string received;
  std::expected<std::size_t, IoStatus> written = 0;
  for (int i = 0; i < 2000 && transport_->unflushed_bytes() == 0; ++i) {
    const std::string chunk = pattern(5000 + static_cast<std::size_t>(i));
    const std::array pieces = {piece(std::string_view{chunk}.substr(0, 12)),
                               piece(std::string_view{chunk}.substr(12))};
    written = transport_->write(pieces, {});
    ASSERT_TRUE(written);
    offered += chunk.substr(0, *written);
  }
  ASSERT_GT(transport_->unflushed_bytes(), 0U) << "the socket never filled up";
  ASSERT_LE(transport_->unflushed_bytes(), kTlsRecordBytesMax);
  EXPECT_EQ(transport_->flush(), std::unexpected{IoStatus::kWouldBlockWrite});

  // What comes next need not be what was offered before: the scheduler may have changed its mind.
  const std::array other = {piece("something else")};
  EXPECT_EQ(transport_->write(other, {}), std::unexpected{IoStatus::kWouldBlockWrite});
  while (received.size() < offered.size()) {
    ASSERT_TRUE(wait_readable(sockets_.client.get()));
    received += client_.receive_now(1 << 20);
    std::ignore = transport_->flush();
  }
  EXPECT_EQ(transport_->unflushed_bytes(), 0U);
  EXPECT_TRUE(received == offered);
  EXPECT_EQ(transport_->write(other, {}), 14U);
  EXPECT_EQ(client_.receive(14), "something else");
}

TEST_F(TlsTransportTest, TellsThePeerThatItEnds) {
  shake_hands();
  transport_->shutdown();
  EXPECT_EQ(client_.receive(10), "");
  EXPECT_NE(SSL_get_shutdown(client_.native()) & SSL_RECEIVED_SHUTDOWN, 0);
}

TEST_F(TlsTransportTest, TakesAnEndWithoutCloseNotifyAsClosed) {
  shake_hands();
  // Unread session tickets would make the end a reset.
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  client_.receive_now(1);
  sockets_.client.reset();
  ASSERT_TRUE(wait_readable(sockets_.server.get()));
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(transport_->read(buffer), std::unexpected{IoStatus::kClosed});
}

TEST_F(TlsTransportTest, SurvivesWritingToAPeerThatIsGone) {
  std::signal(SIGPIPE, SIG_DFL);
  shake_hands();
  const std::array pieces = {piece("unread")};
  ASSERT_TRUE(transport_->write(pieces, {}));
  ASSERT_TRUE(wait_readable(sockets_.client.get()));
  sockets_.client.reset();
  ASSERT_TRUE(wait_readable(sockets_.server.get()));
  std::expected<std::size_t, IoStatus> written = 0;
  for (int i = 0; i < 10 && written; ++i) written = transport_->write(pieces, {});
  EXPECT_EQ(written, std::unexpected{IoStatus::kFailed});
  EXPECT_NE(transport_->failure(), "");
}

TEST(TlsTransport, FailsOnBytesThatAreNoTls) {
  const TlsContext context = TlsContext::self_signed().value();
  const SocketPair sockets = connect_socket_pair();
  const auto transport = make_tls_transport(sockets.server.get(), context);
  EXPECT_EQ(transport->handshake(), std::unexpected{IoStatus::kWouldBlockRead});
  ASSERT_GT(::send(sockets.client.get(), "\x16 this is no handshake, as anyone can see", 40, 0), 0);
  ASSERT_TRUE(wait_readable(sockets.server.get()));
  EXPECT_EQ(transport->handshake(), std::unexpected{IoStatus::kFailed});
  EXPECT_TRUE(transport->failure().starts_with("TLS: ")) << transport->failure();
  // A failed transport stays failed, and can still be shut down.
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(transport->read(buffer), std::unexpected{IoStatus::kFailed});
  transport->shutdown();
}

TEST(TlsTransport, OutlivesTheContextThatItWasMadeFrom) {
  const SocketPair sockets = connect_socket_pair();
  std::unique_ptr<Transport> transport;
  {
    const TlsContext context = TlsContext::self_signed().value();
    transport = make_tls_transport(sockets.server.get(), context);
  }
  EXPECT_EQ(transport->handshake(), std::unexpected{IoStatus::kWouldBlockRead});
}

}  // namespace
}  // namespace sluice::sfu
