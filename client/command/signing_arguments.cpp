#include "client/command/signing_arguments.h"

#include <CLI/CLI.hpp>
#include <fstream>

namespace sluice::client {

void SigningArguments::add_to(CLI::App& app, bool required) {
  auto* key = app.add_option("--key", key_, "The API key that the server knows");
  key->envname("SLUICE_API_KEY");
  if (required) key->required();
  auto* secret = app.add_option(
      "--secret", secret_,
      "Its secret; better from the environment or a file, since others see command lines");
  secret->envname("SLUICE_API_SECRET");
  app.add_option("--secret-file", secret_file_, "A file that holds the secret")
      ->check(CLI::ExistingFile.description(""))
      ->type_name("FILE");
}

std::string SigningArguments::secret() const {
  // What was asked for on the command line goes before what the environment happens to hold.
  if (!secret_file_.empty()) {
    std::ifstream file{secret_file_};
    std::string line;
    if (!std::getline(file, line) || line.empty()) {
      throw CLI::ValidationError("--secret-file", "cannot read a secret from " + secret_file_);
    }
    return line;
  }
  if (secret_.empty()) {
    throw CLI::ValidationError("--secret",
                               "a secret is needed: --secret, --secret-file or SLUICE_API_SECRET");
  }
  return secret_;
}

std::string SigningArguments::sign(const signaling::TokenClaims& claims) const {
  return signaling::make_token(claims, key_, secret());
}

}  // namespace sluice::client
