#include "sfu/configuration.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <sstream>
#include <utility>

#include "sfu/setting_table.h"
#include "sfu/setting_values.h"
#include "sfu/tls_context.h"

namespace sluice::sfu {
namespace {

// As sysexits.h has no number for "the command line is wrong" that shells do not use otherwise, we
// follow what shells and most tools do.
constexpr int kExitFaults = 2;

constexpr std::string_view kEnvironmentPrefix = "SLUICE_";
constexpr std::string_view kConfigName = "config";

// The values of one setting, from the place that won.
struct GivenValues {
  std::vector<std::string> values;
  std::string place;  ///< `--port`, `SLUICE_PORT`, `sluice.toml: port`
  char separator = ' ';
};

struct Reading {
  std::map<std::string, GivenValues, std::less<>> given;
  std::vector<std::string> faults;
  std::vector<std::string> warnings;
};

std::string did_you_mean(std::string_view name) {
  std::vector<std::string_view> names = {kConfigName};
  for (const Setting& setting : all_settings()) names.push_back(setting.name);
  const std::string_view nearest = nearest_name(name, names);
  return nearest.empty() ? "see --help" : "did you mean " + std::string{nearest} + "?";
}

const Setting* find_setting(std::string_view name) {
  const auto settings = all_settings();
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

// Breaks a help text into lines; CLI11 indents them, but does not break.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kColumns = 62;
  std::string lines;
  while (text.size() > kColumns) {
    const std::size_t space = text.rfind(' ', kColumns);
    lines.append(text.substr(0, space)).append("\n");
    text.remove_prefix(space + 1);
  }
  return lines.append(text);
}

void define_flags(CLI::App& app) {
  for (const Setting& setting : all_settings()) {
    const std::string flag = "--" + std::string{setting.name};
    const std::string help = wrapped(setting.help);
    CLI::Option* option = nullptr;
    if (setting.is_switch()) {
      option = app.add_flag(flag, help);
    } else {
      option = app.add_option(flag, help)->type_name(std::string{setting.value_name});
      // Without its value it is a fault line of ours too: CLI11 would stop reading there.
      option->expected(0, 1)->allow_extra_args(false);
    }
    // All are taken here, so that one given twice is our fault line, in the company of the others.
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->group(std::string{setting.group});
  }
  app.add_option("--config", "File with settings, key = value a line, by the names above")
      ->type_name("FILE")
      ->expected(0, 1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group("Other");
  // Help lists groups in the order of their first option: this one last.
  app.set_help_flag("-h,--help", "Print this and exit")->group("Other");
  app.set_version_flag("--version", "sluice-server " SLUICE_VERSION)->group("Other");
  app.get_option("--version")->description("Print the version and exit");
  app.allow_extras();
  app.get_formatter()->column_width(36);
  app.footer(
      "\nEvery setting is also an environment variable (--admin-port is SLUICE_ADMIN_PORT; what "
      "may\n"
      "be given several times is separated by commas) and a key of the file (admin-port = 9464).\n"
      "A flag wins over the environment, the environment over the file. Exit status: 0 after an\n"
      "orderly end, 1 when the server cannot start or go on, 2 for a wrong setting.");
}

void note_unknown_arguments(const std::vector<std::string>& unknown, Reading& reading) {
  bool after_flag = false;
  for (const std::string& argument : unknown) {
    const bool flag = argument.starts_with('-');
    // What follows an unknown flag was meant as its value.
    if (flag || !after_flag) {
      const std::string name = argument.substr(0, argument.find('='));
      const std::size_t letters = name.find_first_not_of('-');
      const std::string_view bare = letters == std::string::npos
                                        ? std::string_view{}
                                        : std::string_view{name}.substr(letters);
      reading.faults.push_back(name + ": no such option; " + did_you_mean(bare));
    }
    after_flag = flag;
  }
}

// A flag at the end of the line, before another flag, or with nothing behind its equals sign.
bool lacks_value(const CLI::Option& option) {
  return std::ranges::find(option.results(), "") != option.results().end();
}

// The exit that --help, --version or a command line beyond reading asks for.
std::optional<ConfigurationExit> read_flags(CLI::App& app, std::span<const std::string> arguments,
                                            Reading& reading) {
  std::vector<std::string> reversed{arguments.rbegin(), arguments.rend()};
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    return ConfigurationExit{.status = 0, .text = app.help()};
  } catch (const CLI::CallForVersion&) {
    return ConfigurationExit{.status = 0, .text = app.version() + "\n"};
  } catch (const CLI::ParseError& error) {
    reading.faults.emplace_back(error.what());
    return std::nullopt;
  }
  note_unknown_arguments(app.remaining(), reading);
  for (const Setting& setting : all_settings()) {
    const std::string flag = "--" + std::string{setting.name};
    const CLI::Option* option = app.get_option(flag);
    if (option->count() == 0) continue;
    if (lacks_value(*option) && !setting.is_switch()) {
      reading.faults.push_back(std::string{flag}
                                   .append(": needs a value: ")
                                   .append(flag)
                                   .append(" ")
                                   .append(setting.value_name));
      continue;
    }
    reading.given.emplace(setting.name, GivenValues{.values = option->results(), .place = flag});
  }
  return std::nullopt;
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream{text};
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

// Kubernetes tells pods about services: one named "sluice" gives SLUICE_PORT=tcp://10.0.0.1:8080
// and SLUICE_SERVICE_HOST, which are not meant for us.
bool from_kubernetes(std::string_view name, std::string_view value) {
  return value.starts_with("tcp://") || name.starts_with("SLUICE_SERVICE_") ||
         name.starts_with("SLUICE_PORT_");
}

void read_environment(const Environment& environment, Reading& reading) {
  std::map<std::string, const Setting*, std::less<>> by_name;
  for (const Setting& setting : all_settings()) by_name[environment_name(setting)] = &setting;
  for (const auto& [name, value] : environment) {
    if (!name.starts_with(kEnvironmentPrefix) || name == "SLUICE_CONFIG" ||
        from_kubernetes(name, value)) {
      continue;
    }
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      // Not a fault: scripts around the server may have variables of their own.
      std::vector<std::string_view> names;
      names.reserve(by_name.size());
      for (const auto& [known, setting] : by_name) names.push_back(known);
      const std::string_view nearest = nearest_name(name, names);
      reading.warnings.push_back(
          name + " is set, but no setting has this name" +
          (nearest.empty() ? "" : "; did you mean " + std::string{nearest} + "?"));
      continue;
    }
    // Compose files pass on what is not set as an empty string.
    if (value.empty()) continue;
    const Setting& setting = *found->second;
    reading.given.try_emplace(
        std::string{setting.name},
        GivenValues{.values = setting.repeatable ? split_list(value) : std::vector{value},
                    .place = name,
                    .separator = '='});
  }
}

void read_file(const std::string& path, Reading& reading) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error) || ::access(path.c_str(), R_OK) != 0) {
    reading.faults.push_back("--config " + path + ": cannot be read as a file");
    return;
  }
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML{}.from_file(path);
  } catch (const CLI::Error& fault) {
    reading.faults.push_back("--config " + path + ": " + fault.what());
    return;
  }
  std::map<std::string, GivenValues, std::less<>> from_file;
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // CLI11's marks around a section
    if (!item.parents.empty() || find_setting(item.name) == nullptr) {
      reading.faults.push_back(
          path + ": " + item.fullname() + ": no such setting; " +
          (item.parents.empty() ? did_you_mean(item.name) : "the file has no sections"));
      continue;
    }
    GivenValues& given = from_file[item.name];
    given.place = path + ": " + item.name;
    given.separator = '=';
    std::ranges::copy(item.inputs, std::back_inserter(given.values));
  }
  // What flags and the environment gave stays.
  reading.given.merge(from_file);
}

void apply(Reading& reading, Configuration& configuration) {
  for (const Setting& setting : all_settings()) {
    const auto found = reading.given.find(setting.name);
    if (found == reading.given.end()) continue;
    const GivenValues& given = found->second;
    if (!setting.repeatable && given.values.size() > 1) {
      reading.faults.push_back(given.place + ": is given more than once");
      continue;
    }
    for (const std::string& value : given.values) {
      const auto applied = setting.apply(configuration, value);
      if (applied) continue;
      reading.faults.push_back(given.place + given.separator +
                               (setting.secret ? "(hidden)" : value) + ": " + applied.error());
    }
  }
}

// What is wrong with the files is told beside the other faults; the server reads them once more.
void check_tls_files(const TlsFiles& files, std::vector<std::string>& faults) {
  std::size_t missing = 0;
  for (const auto& [flag, path] :
       {std::pair{"--tls-cert", &files.certificate}, std::pair{"--tls-key", &files.key}}) {
    if (::access(path->c_str(), R_OK) == 0) continue;
    faults.push_back(std::string{flag} + " " + path->string() +
                     ": cannot be read as a file: " + std::strerror(errno));
    ++missing;
  }
  if (missing != 0) return;
  if (const auto made = TlsContext::from_files(files.certificate, files.key); !made) {
    faults.push_back(made.error());
  }
}

void check_tls(const Configuration& configuration, std::vector<std::string>& faults) {
  if (configuration.tls_files) {
    if (configuration.tls_files->key.empty())
      faults.emplace_back("--tls-cert: needs --tls-key too");
    if (configuration.tls_files->certificate.empty()) {
      faults.emplace_back("--tls-key: needs --tls-cert too");
    }
    if (configuration.tls_self_signed) {
      faults.emplace_back("--tls-self-signed: leave it out, a certificate is given by --tls-cert");
    }
    if (!configuration.tls_files->certificate.empty() && !configuration.tls_files->key.empty()) {
      check_tls_files(*configuration.tls_files, faults);
    }
  }
  if (!configuration.tls_names.empty() && !configuration.tls_self_signed) {
    faults.emplace_back("--tls-name: has a meaning only with --tls-self-signed");
  }
}

void check_access(const Configuration& configuration, bool keys_given,
                  std::vector<std::string>& faults) {
  // Keys that were given and could not be read have a fault line of their own.
  if (!keys_given && !configuration.insecure_open_rooms && !is_loopback(configuration.bind)) {
    faults.push_back("--bind " + configuration.bind +
                     ": without keys, whoever reaches this address could open and join rooms; give "
                     "--keys-file, or --insecure-open-rooms on a network that you trust");
  }
  if (keys_given && configuration.insecure_open_rooms) {
    faults.emplace_back(
        "--insecure-open-rooms: contradicts the keys that are given; leave one out");
  }
}

void check_ports(const Configuration& configuration, std::vector<std::string>& faults) {
  const bool overlap = configuration.bind == configuration.admin_bind ||
                       is_any_address(configuration.bind) ||
                       is_any_address(configuration.admin_bind);
  if (overlap && configuration.port != 0 && configuration.port == configuration.admin_port) {
    faults.push_back("--admin-port " + std::to_string(configuration.admin_port) +
                     ": is the same as --port; choose another");
  }
}

void collect_warnings(Configuration& configuration) {
  if (!is_loopback(configuration.admin_bind)) {
    configuration.warnings.push_back("--admin-bind " + configuration.admin_bind +
                                     ": whoever reaches this address can read the metrics");
  }
  const bool tls = configuration.tls_files || configuration.tls_self_signed;
  if (!tls && !is_loopback(configuration.bind)) {
    configuration.warnings.push_back("--bind " + configuration.bind +
                                     " without TLS: browsers give camera and microphone only to "
                                     "https pages, so a proxy must add "
                                     "TLS");
  }
}

}  // namespace

std::expected<Configuration, ConfigurationExit> read_configuration(
    std::span<const std::string> arguments, const Environment& environment) {
  CLI::App app{"Sluice: video conferencing over one TCP port.", "sluice-server"};
  define_flags(app);
  Reading reading;
  if (auto exit = read_flags(app, arguments, reading)) return std::unexpected{*std::move(exit)};
  read_environment(environment, reading);

  std::string file;
  if (const auto from_environment = environment.find("SLUICE_CONFIG");
      from_environment != environment.end()) {
    file = from_environment->second;
  }
  if (const CLI::Option* flag = app.get_option("--config"); flag->count() != 0) {
    if (lacks_value(*flag)) reading.faults.emplace_back("--config: needs a value: --config FILE");
    if (flag->count() > 1) reading.faults.emplace_back("--config: is given more than once");
    file = flag->results().back();
  }
  if (!file.empty()) read_file(file, reading);

  Configuration configuration;
  configuration.warnings = reading.warnings;
  apply(reading, configuration);
  check_tls(configuration, reading.faults);
  check_access(configuration, reading.given.contains("key") || reading.given.contains("keys-file"),
               reading.faults);
  check_ports(configuration, reading.faults);
  if (!reading.faults.empty()) {
    std::string text;
    for (const std::string& fault : reading.faults) text += fault + "\n";
    return std::unexpected{ConfigurationExit{.status = kExitFaults, .text = std::move(text)}};
  }
  collect_warnings(configuration);
  return configuration;
}

Environment process_environment() {
  Environment environment;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || !text.starts_with(kEnvironmentPrefix)) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

}  // namespace sluice::sfu
