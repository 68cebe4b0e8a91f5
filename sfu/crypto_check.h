#pragma once

namespace sluice::sfu {

/// Tries what every connection needs of OpenSSL against known answers: SHA-1 (the WebSocket
/// handshake), HMAC with SHA-256 (tokens) and random numbers (names of participants).
///
/// OpenSSL loads its algorithms when they are first asked for, by the rules of its configuration
/// file, so a broken or forbidden one would otherwise be found by the first visitor. What that
/// loads (2 MB, most of it code) is also not counted as the cost of a connection.
/// Throws std::runtime_error with one line that says what is missing.
void check_crypto();

}  // namespace sluice::sfu
