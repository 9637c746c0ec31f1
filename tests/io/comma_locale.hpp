#pragma once

#include <clocale>
#include <locale>
#include <string>

namespace support {

/// RAII guard: numbers have a decimal comma and grouped digits in the C++ locale, and in the C locale where one is
/// installed; the previous locales come back.
class CommaLocale {
 public:
  CommaLocale() : c_{std::setlocale(LC_ALL, nullptr)}, cpp_{std::locale()} {
    std::locale::global(std::locale{std::locale(), new Punctuation});
    for (const char* name : {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "German"})
      if (std::setlocale(LC_ALL, name) != nullptr) break;
  }
  ~CommaLocale() {
    std::locale::global(cpp_);
    std::setlocale(LC_ALL, c_.c_str());
  }
  CommaLocale(const CommaLocale&) = delete;
  CommaLocale& operator=(const CommaLocale&) = delete;

 private:
  struct Punctuation : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

  std::string c_;
  std::locale cpp_;
};

}  // namespace support
