#include <sys/time.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <descent/core/random.hpp>
#include <string>
#include <string_view>

#include "fuzz/public/run.hpp"

// Calls public entry points with random arguments. Each call must return or throw a descent::Error within twenty
// seconds of CPU time, where less than a millisecond is usual; otherwise the program fails and prints the command that
// repeats the call.
//
//   descent_public_calls [--seed S] [--calls N] [--first I] [--report 1]
//
// --report lists how often each entry point was called, and how often it returned: if it always throws, its arguments
// are never valid.

namespace {

// The state that the signal handlers print.
const char* program = "";
std::uint64_t seed = 1;
volatile std::uint64_t number = 0;
const char* volatile name = "";

void print_call(const char* what) {
  char text[512];
  const int size = std::snprintf(
      text, sizeof text, "\n%s in \"%s\"; repeat it with: %s --seed %llu --first %llu --calls 1\n", what,
      name, program, static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number));
  if (size > 0) std::fwrite(text, 1, static_cast<std::size_t>(size), stderr);
  std::fflush(stderr);
}

extern "C" void on_abort(int) {
  print_call("abort");
  std::_Exit(1);
}

/// Runs four times per second of CPU time.
extern "C" void on_timer(int) {
  static std::uint64_t last = ~std::uint64_t{0};
  static int ticks = 0;
  ticks = last == number ? ticks + 1 : 0;
  last = number;
  if (ticks < 80) return;
  print_call("more than twenty seconds");
  std::_Exit(1);
}

std::uint64_t to_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    std::fprintf(stderr, "expected a number, got \"%s\"\n", std::string{text}.c_str());
    std::exit(2);
  }
  return value;
}

/// The bytes of a call, a pure function of the seed and its number, so that any call can be repeated alone.
struct Bytes {
  std::array<descent::RandomBlock, 16> blocks;
  explicit Bytes(std::uint64_t at) {
    for (std::uint32_t i = 0; i < blocks.size(); ++i)
      blocks[i] =
          descent::philox(seed, {static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at >> 32), i, 1});
  }
  std::string_view view() const { return {reinterpret_cast<const char*>(blocks.data()), sizeof blocks}; }
};

}  // namespace

#if defined(__SANITIZE_ADDRESS__)
#define DESCENT_FUZZ_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DESCENT_FUZZ_SANITIZED
#endif
#endif
#ifdef DESCENT_FUZZ_SANITIZED
extern "C" void __sanitizer_set_death_callback(void (*)());
#endif

int main(int argc, char** argv) {
  program = argv[0];
  std::uint64_t first = 0, count = 20000;
  bool report = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i], value = argv[i + 1];
    if (option == "--seed") seed = to_number(value);
    if (option == "--calls") count = to_number(value);
    if (option == "--first") first = to_number(value);
    if (option == "--report") report = to_number(value) != 0;
  }
  std::signal(SIGABRT, on_abort);
#ifdef DESCENT_FUZZ_SANITIZED
  __sanitizer_set_death_callback([] { print_call("sanitizer report"); });
#else
  std::signal(SIGSEGV, on_abort);
  std::signal(SIGFPE, on_abort);
#endif
  std::signal(SIGPROF, on_timer);
  const itimerval quarter{{0, 250'000}, {0, 250'000}};
  setitimer(ITIMER_PROF, &quarter, nullptr);

  fuzz::Calls calls = fuzz::all_calls();
  for (std::uint64_t i = first; i < first + count; ++i) {
    const Bytes bytes{i};
    fuzz::Call& call = calls[bytes.blocks[0][0] % calls.size()];
    name = call.name.c_str();
    number = i;
    const std::string foreign = fuzz::foreign_exception(call, bytes.view().substr(sizeof(std::uint32_t)));
    if (!foreign.empty()) {
      print_call(("foreign exception: " + foreign).c_str());
      return 1;
    }
  }
  if (report)
    for (const fuzz::Call& call : calls)
      std::printf("%10lld calls, %10lld returned: %s\n", call.made, call.returned, call.name.c_str());
  std::printf("%llu calls of %zu entry points\n", static_cast<unsigned long long>(count), calls.size());
}
