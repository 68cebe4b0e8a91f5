#include "sfu/connection_state.h"

namespace sluice::sfu {

using enum ConnectionState;

const char* name_of(ConnectionState state) {
  switch (state) {
    case kSniffing:
      return "sniffing";
    case kTlsHandshake:
      return "tls_handshake";
    case kOpening:
      return "opening";
    case kHttp:
      return "http";
    case kRawMagic:
      return "raw_magic";
    case kRaw:
      return "raw";
    case kWebSocket:
      return "websocket";
    case kDraining:
      return "draining";
    case kLingering:
      return "lingering";
    case kClosed:
      return "closed";
  }
  return "unknown";
}

bool may_follow(ConnectionState next, ConnectionState current) {
  // A connection can be lost in every state, once.
  if (next == kClosed) return current != kClosed;
  switch (current) {
    case kSniffing:
      return next == kTlsHandshake || next == kOpening;
    case kTlsHandshake:
      return next == kOpening;
    case kOpening:
      return next == kHttp || next == kRawMagic;
    case kHttp:
      return next == kWebSocket || next == kDraining;
    case kRawMagic:
      return next == kRaw;
    case kRaw:
    case kWebSocket:
      return next == kDraining;
    case kDraining:
      return next == kLingering;
    case kLingering:
    case kClosed:
      return false;
  }
  return false;
}

}  // namespace sluice::sfu
