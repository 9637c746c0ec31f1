#pragma once

#include <descent/core/errors.hpp>
#include <exception>
#include <string>
#include <string_view>

#include "fuzz/public/calls.hpp"

namespace fuzz {

/// Forgets the memory that an earlier call asked for, which is limited.
void begin_memory_of_call();

/// Makes one call with arguments drawn from the bytes. Returns the message of an exception that is not a
/// descent::Error.
inline std::string foreign_exception(Call& call, std::string_view bytes) {
  Source source{bytes};
  begin_memory_of_call();
  ++call.made;
  try {
    call.run(source);
    ++call.returned;
  } catch (const descent::Error&) {
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception of another type";
  }
  return {};
}

}  // namespace fuzz
