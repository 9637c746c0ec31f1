#pragma once

#include <descent/descent.hpp>
#include <tuple>

/// The tables that every component joins with one line. What a row must pass stands in the tests beside.
namespace conformance {

using namespace descent;

/// Calls f(row) for each row of a table.
void for_each(const auto& table, auto&& f) {
  std::apply([&](const auto&... row) { (f(row), ...); }, table);
}

}  // namespace conformance
