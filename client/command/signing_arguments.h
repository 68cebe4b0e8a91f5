#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <string>

#include "signaling/token.h"

namespace sluice::client {

/// The options that name an API key and its secret.
class SigningArguments {
 public:
  /// `required`: the command makes no sense without a key.
  void add_to(CLI::App& app, bool required);

  [[nodiscard]] bool given() const { return !key_.empty(); }
  /// A signed token. Throws `CLI::ValidationError` when the secret cannot be read.
  [[nodiscard]] std::string sign(const signaling::TokenClaims& claims) const;

 private:
  [[nodiscard]] std::string secret() const;

  std::string key_;
  std::string secret_;
  std::string secret_file_;
};

}  // namespace sluice::client
