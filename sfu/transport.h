#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "sfu/tls_context.h"

namespace sluice::sfu {

/// Why a call moved no bytes.
enum class IoStatus : std::uint8_t {
  kWouldBlockRead,   ///< try again when the socket is readable
  kWouldBlockWrite,  ///< try again when the socket is writable (TLS: also out of `read`)
  kClosed,           ///< the peer has ended the connection in order
  kFailed,           ///< the connection is of no more use; `failure()` says why
};

struct WriteFlags {
  /// What follows must not be appended to the same TCP segment buffer (MSG_EOR): late binding while
  /// congested. Costs packets, so only then.
  bool end_of_record = false;
};

/// Moves bytes over one connected, non-blocking stream socket.
///
/// The descriptor is borrowed: the owner of the socket outlives the transport and waits for
/// readiness. No call blocks, none raises SIGPIPE. Not safe to share between threads.
///
/// Readiness is edge information only after a call said would-block: read until it does, since TLS
/// may hold decrypted bytes that no readiness will announce.
class Transport {
 public:
  virtual ~Transport() = default;
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// Goes on with the handshake; success at once where there is none.
  /// Must have succeeded before `read` and `write`.
  [[nodiscard]] virtual std::expected<void, IoStatus> handshake() = 0;

  /// Reads up to `out.size()` bytes, at least one.
  [[nodiscard]] virtual std::expected<std::size_t, IoStatus> read(std::span<std::byte> out) = 0;

  /// Writes from the front of `pieces` (at least one byte in sum) and returns how much was taken,
  /// which may be less than offered. What was taken is bound to the wire: it is never to be offered
  /// again. TLS takes at most one record (16 KiB) a call, all pieces together in it.
  [[nodiscard]] virtual std::expected<std::size_t, IoStatus> write(std::span<const iovec> pieces,
                                                                   WriteFlags flags) = 0;

  /// Hands the kernel what `write` took but the socket did not (TLS: at most one record).
  /// `write` does it by itself first; call it when writable and nothing else is to be written.
  [[nodiscard]] virtual std::expected<void, IoStatus> flush() = 0;

  /// Bytes that `write` took and the kernel does not have; they count as unsent.
  [[nodiscard]] virtual std::size_t unflushed_bytes() const = 0;

  /// Tells the peer, as well as one call can, that nothing more will come: close_notify, then FIN.
  virtual void shutdown() = 0;

  /// What `kFailed` was about, for the log; empty before.
  [[nodiscard]] virtual std::string failure() const = 0;
};

/// The most bytes that one call of a TLS transport's `write` takes: one record.
inline constexpr std::size_t kTlsRecordBytesMax = 16384;

[[nodiscard]] std::unique_ptr<Transport> make_plain_transport(int descriptor);
/// The server side of TLS. The context may be replaced or destroyed afterwards.
/// Throws std::bad_alloc when OpenSSL has no memory.
[[nodiscard]] std::unique_ptr<Transport> make_tls_transport(int descriptor,
                                                            const TlsContext& context);

}  // namespace sluice::sfu
