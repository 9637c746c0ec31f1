# shellcheck shell=bash
# What the commands in this folder share; they source it. Written for bash 3.2, which is what macOS has.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

die() {
  echo "dev: $*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

# Runs a command whose output matters only when it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || { status=$?; cat "$log" >&2; }
  rm -f "$log"
  return $status
}

# Prints the first compiler that knows C++20 in practice: its version number would not tell.
find_compiler() {
  local cxx
  for cxx in c++ g++ clang++; do
    if has "$cxx" && "$cxx" -std=c++20 -fsyntax-only -x c++ - 2>/dev/null <<'CPP'
#include <concepts>
#include <span>
template <std::integral T> struct Box { T value; };
constexpr Box<int> box{.value = 1};
CPP
    then
      echo "$cxx"
      return
    fi
  done
  return 1
}

# Prints the first clang-format of version 16 or newer: older ones split requires-clauses.
find_clang_format() {
  local name version
  for name in clang-format-16 clang-format; do
    has "$name" || continue
    version=$("$name" --version | sed -E 's/.*version ([0-9]+).*/\1/')
    if [ "$version" -ge 16 ]; then
      echo "$name"
      return
    fi
  done
  return 1
}

# Installs what the command $1 needs, and tells CMake the compiler, the generator and the number of jobs.
prepare() {
  scripts/install_dependencies "$1"
  if [ -z "${CXX:-}" ]; then
    CXX=$(find_compiler)
    export CXX
  fi
  if [ -z "${CMAKE_GENERATOR:-}" ] && has ninja; then export CMAKE_GENERATOR=Ninja; fi
  if [ -z "${CMAKE_BUILD_PARALLEL_LEVEL:-}" ]; then
    CMAKE_BUILD_PARALLEL_LEVEL=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
    export CMAKE_BUILD_PARALLEL_LEVEL
  fi
}
