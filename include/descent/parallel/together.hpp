#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/parallel/communicator.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Calls f on each rank. If it throws on one, all ranks throw when all calls are done: that rank its own exception, the
/// others a DataError with the message. A template, so that programs of a single process do not compile it.
template <class Function>
void together(Communicator& ranks, const Function& f) {
  if (ranks.size() == 1) return f();
  std::exception_ptr own;
  std::string message;
  try {
    f();
  } catch (const std::exception& error) {
    own = std::current_exception();
    message = error.what();
  }
  std::string first;
  int rank = 0;
  ranks.all_gather(message, [&](std::string_view other) {
    if (first.empty() && !other.empty()) first = joined({"rank ", rank, ": ", other});
    ++rank;
  });
  if (own) std::rethrow_exception(own);
  if (!first.empty())
    throw_error<DataError>("Communicator", {"expected no error on any rank, got one on ", first});
}

}  // namespace descent::inline DESCENT_ABI::detail
