#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/version.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/parallel/together.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/serialize/file.hpp"
#include "descent/serialize/xxh64.hpp"

namespace descent::inline DESCENT_ABI::detail {

inline constexpr std::string_view checkpoint_magic = "descent checkpoint 3\n";

/// Marks the byte order of the numbers in a checkpoint, which is that of the machine that wrote it.
inline constexpr std::uint32_t checkpoint_byte_order = 0x01020304;

/// Writes the bytes of a checkpoint: magic line, byte order, library version; for each value the length of its path,
/// the path, rows, columns, bytes per number and the numbers; and the hash of all that. A template, so that programs
/// without checkpoints do not compile it.
template <class Hash>
class CheckpointWriter final : public Archive {
 public:
  CheckpointWriter() {
    bytes_ = checkpoint_magic;
    append(checkpoint_byte_order);
    append(std::uint64_t{library_version.size()});
    bytes_ += library_version;
  }

  std::string finish() && {
    Hash hash;
    hash.update(bytes_);
    append(hash.value());
    return std::move(bytes_);
  }

 private:
  void append(const auto& number) { bytes_.append(reinterpret_cast<const char*>(&number), sizeof number); }
  void carry(const Numbers& numbers) override {
    append(std::uint64_t{numbers.path.size()});
    bytes_ += numbers.path;
    append(std::int64_t{numbers.rows});
    append(std::int64_t{numbers.cols});
    append(std::uint64_t{numbers.bytes_each});
    bytes_.append(static_cast<const char*>(numbers.data), numbers.bytes());
  }
  void expect_room(const std::string&, std::uint64_t, std::size_t) override {}

  std::string bytes_;
};

/// Reads the bytes of a CheckpointWriter, value by value. Throws FormatError if the next value has another path or
/// shape than expected. Never allocates more than the size of the file, whatever the file declares.
template <class Hash>
class CheckpointReader final : public Archive {
 public:
  CheckpointReader(std::string_view bytes, std::string_view source) : left_{bytes}, source_{source} {
    if (!bytes.starts_with(checkpoint_magic)) {
      const bool newer = bytes.starts_with(checkpoint_magic.substr(0, checkpoint_magic.find('3')));
      fail({newer ? "expected version 3 of the format, got another"
                  : "expected a checkpoint, got another file"},
           newer ? "read it with the version of descent that wrote it" : "pass the path of a checkpoint");
    }
    if (bytes.size() < checkpoint_magic.size() + sizeof(std::uint64_t)) fail_truncated();
    left_.remove_suffix(sizeof(std::uint64_t));
    Hash hash;
    hash.update(left_);
    std::uint64_t expected = 0;
    std::memcpy(&expected, bytes.data() + left_.size(), sizeof expected);
    left_.remove_prefix(checkpoint_magic.size());
    if (take<std::uint32_t>() != checkpoint_byte_order)
      fail({"expected numbers in this machine's byte order, got the other one"},
           "resume on a machine with the byte order of the one that wrote it");
    if (hash.value() != expected)
      fail({"expected contents that match their hash, got a mismatch"}, "pass an intact file");
    take_text(take<std::uint64_t>());  // the version of the library
  }

  void expect_end() const {
    if (!left_.empty())
      fail({"expected the end of the file, got more values"}, "resume with the program that wrote it");
  }

 private:
  std::string_view take_text(std::uint64_t size) {
    if (size > left_.size()) fail_truncated();
    const std::string_view text = left_.substr(0, static_cast<std::size_t>(size));
    left_.remove_prefix(text.size());
    return text;
  }
  template <class N>
  N take() {
    N number;
    std::memcpy(&number, take_text(sizeof number).data(), sizeof number);
    return number;
  }

  void carry(const Numbers& numbers) override {
    const std::string_view path = take_text(take<std::uint64_t>());
    const auto rows = take<std::int64_t>(), cols = take<std::int64_t>();
    const auto bytes_each = take<std::uint64_t>();
    constexpr std::string_view cure =
        "resume with the model, the optimizer, the metrics and the options of the run";
    if (path != numbers.path) fail({"expected \"", numbers.path, "\", got \"", path, '"'}, cure);
    if (rows != numbers.rows || cols != numbers.cols || bytes_each != numbers.bytes_each)
      fail({"\"", path, "\": expected ", numbers.rows, " x ", numbers.cols, " numbers of ",
            numbers.bytes_each, " bytes, got ", rows, " x ", cols, " of ", bytes_each},
           cure);
    const std::string_view values = take_text(numbers.bytes());
    if (!values.empty()) std::memcpy(numbers.data, values.data(), values.size());
  }
  void expect_room(const std::string& path, std::uint64_t count, std::size_t bytes_each) override {
    if (count > left_.size() / bytes_each)
      fail({"\"", path, "\": expected a list that fits into the file, got one of ", count},
           "pass an intact file");
  }

  [[noreturn]] void fail_truncated() const {
    fail({"expected more bytes, got the end of the file"}, "pass an intact file: this one is truncated");
  }
  [[noreturn]] void fail(Message problem, std::string_view cure) const {
    throw_error<FormatError>(joined({"checkpoint ", source_}), problem, cure);
  }

  std::string_view left_, source_;
};

/// Visits values and does nothing with them. A template like the others.
template <class>
class NoArchive final : public Archive {
  void carry(const Numbers&) override {}
  void expect_room(const std::string&, std::uint64_t, std::size_t) override {}
};

/// Reads a checkpoint, from the files of rank 0, into a value.
///
/// Throws   FormatError if the file contains other values; `value` is then partly overwritten, to be discarded.
void load_checkpoint(const std::string& path, auto& value, Communicator& ranks = solo) {
  std::string bytes;
  together(ranks, [&] {
    if (ranks.rank() > 0) return;
    const File file = open_bytes(path, "rb");
    if (file == nullptr)
      throw_error<FormatError>("checkpoint", {"expected a readable file, got \"", path, "\": file not found"},
                               "leave .resume_from empty for a new run");
    std::optional<std::string> all = read_bytes(file.get());
    if (!all)
      throw_error<FormatError>("checkpoint", {"expected a readable file, got \"", path, "\": reading failed"},
                               "pass the path of a file, not of a folder");
    bytes = *std::move(all);
  });
  ranks.broadcast(bytes);
  CheckpointReader<XXH64> reader{bytes, path};
  value.visit_members(static_cast<Archive&>(reader));
  reader.expect_end();
}

/// Writes a checkpoint on rank 0. The other ranks visit the value too, which may exchange numbers.
void save_checkpoint(const std::string& path, auto& value, Communicator& ranks = solo) {
  together(ranks, [&] {
    if (ranks.rank() > 0) {
      NoArchive<XXH64> visit_only;
      return value.visit_members(static_cast<Archive&>(visit_only));
    }
    CheckpointWriter<XXH64> writer;
    value.visit_members(static_cast<Archive&>(writer));
    const std::string bytes = std::move(writer).finish();
    replace_by(
        path, "checkpoint", [&](const std::string& temporary) { return write_bytes(temporary, bytes); },
        true);
  });
}

}  // namespace descent::detail
