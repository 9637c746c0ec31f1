#pragma once

#include <clocale>
#include <locale>
#include <string>

namespace support {

/// RAII guard: sets a global locale with decimal commas and dots between thousands, and restores the previous one.
/// For C++ it is a custom locale, for C the German one if it is installed.
class DecimalComma {
 public:
  DecimalComma() {
    std::locale::global(std::locale{std::locale::classic(), new Punctuation});
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE"})
      if (std::setlocale(LC_ALL, name) != nullptr) break;
  }
  ~DecimalComma() {
    std::locale::global(before_);
    std::setlocale(LC_ALL, c_before_.c_str());
  }
  DecimalComma(const DecimalComma&) = delete;
  DecimalComma& operator=(const DecimalComma&) = delete;

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::string c_before_ = std::setlocale(LC_ALL, nullptr);
  std::locale before_;
};

/// Returns f(), called under `DecimalComma`. Call CHECK outside of f: Catch2 reuses its streams, and they keep their
/// locale.
auto under_decimal_comma(auto&& f) {
  const DecimalComma locale;
  return f();
}

}  // namespace support
