#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/training/history.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// The checksum CRC-32C, by the polynomial 0x1EDC6F41 with its bits reversed.
constexpr std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0x82F63B78U & (~(crc & 1U) + 1U));
  }
  return ~crc;
}

/// Appends the bytes of a number, the lowest first.
template <class T>
void append_bytes(std::string& bytes, T number) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFF);
}
inline void append_varint(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>((number & 0x7F) | 0x80);
  bytes += static_cast<char>(number);
}

/// A message of protocol buffers. Each field begins with its number and its wire type.
struct ProtoMessage {
  std::string bytes = {};

  ProtoMessage& whole(unsigned field, std::int64_t value) {
    append_varint(bytes, field << 3);
    append_varint(bytes, static_cast<std::uint64_t>(value));
    return *this;
  }
  ProtoMessage& real(unsigned field, double value) {
    append_varint(bytes, field << 3 | 1);
    append_bytes(bytes, std::bit_cast<std::uint64_t>(value));
    return *this;
  }
  ProtoMessage& single(unsigned field, float value) {
    append_varint(bytes, field << 3 | 5);
    append_bytes(bytes, std::bit_cast<std::uint32_t>(value));
    return *this;
  }
  ProtoMessage& text(unsigned field, std::string_view value) {
    append_varint(bytes, field << 3 | 2);
    append_varint(bytes, value.size());
    bytes += value;
    return *this;
  }
};

/// Returns a record of a TFRecord file: the length and its masked checksum, the bytes and theirs.
inline std::string tf_record(std::string_view bytes) {
  const auto masked = [](std::string_view of) {
    const std::uint32_t crc = crc32c(of);
    return (crc >> 15 | crc << 17) + 0xA282EAD8U;
  };
  std::string record;
  append_bytes(record, static_cast<std::uint64_t>(bytes.size()));
  append_bytes(record, masked(record));
  record += bytes;
  append_bytes(record, masked(bytes));
  return record;
}

/// Returns the event of TensorBoard that holds the value of a metric.
inline std::string scalar_event(double time, std::int64_t step, std::string_view tag, double value) {
  ProtoMessage scalar, summary, event;
  scalar.text(1, tag).single(2, static_cast<float>(value));
  summary.text(1, scalar.bytes);
  return event.real(1, time).whole(2, step).text(5, summary.bytes).bytes;
}

}  // namespace detail

/// Writes a history as a file of events, which TensorBoard shows: a scalar for each metric, with the epoch as its step,
/// and the learning rate. TensorBoard reads the files in a folder and its folders whose name contains `tfevents`:
///
///   write_events("runs/adam/events.out.tfevents.1", history);
///   write_events("runs/momentum/events.out.tfevents.1", other);        $ tensorboard --logdir runs
///
/// `began` is the time of the first step, in seconds since 1970; by default that of the call less the duration.
///
/// Throws   FormatError when the file cannot be written.
[[gnu::cold]] inline void write_events(const std::string& path, const History& history, double began = -1) {
  double duration = 0;
  for (const double seconds : history.seconds()) duration += seconds;
  double time = began >= 0 ? began : static_cast<double>(std::time(nullptr)) - duration;
  replace_file(path, "write_events", [&](std::ostream& out) {
    detail::ProtoMessage first;
    out << detail::tf_record(first.real(1, time).text(3, "brain.Event:2").bytes);
    const auto add = [&](std::size_t i, std::string_view name, const std::vector<double>& values) {
      if (i < values.size())  // a history that was put together by hand may lack some
        out << detail::tf_record(
            detail::scalar_event(time, static_cast<std::int64_t>(i + 1), name, values[i]));
    };
    for (std::size_t i = 0; i < history.epochs(); ++i) {
      if (i < history.seconds().size()) time += history.seconds()[i];
      for (const Series& s : history) add(i, s.name, s.values);
      add(i, "learning_rate", history.learning_rate());
    }
  });
}

}  // namespace descent
