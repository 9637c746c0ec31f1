#pragma once

// Needs zlib, so neither data.hpp nor descent.hpp includes this header: link ZLIB::ZLIB, or -lz.
#include <zlib.h>

#include <array>
#include <concepts>
#include <filesystem>
#include <istream>
#include <memory>
#include <streambuf>
#include <string>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/io/idx.hpp"
#include "descent/io/open_file.hpp"

namespace descent {

/// A file packed by gzip as an input stream of what is in it; a file that is not packed is read as it is. Any
/// reader that takes a stream reads it.
///
///   GzipFile in{"sensors.csv.gz"};
///   const Dataset data = read_csv(in, {.target = "load"}, "sensors.csv.gz");
///
/// Throws   FormatError when the file cannot be opened, is damaged or ends early, the latter two while it is
///          read.
class GzipFile : public std::istream {
 public:
  explicit GzipFile(const std::filesystem::path& path) : std::istream{nullptr}, buffer_{path} {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // hand on what the buffer throws
  }

 private:
  class Buffer : public std::streambuf {
   public:
    explicit Buffer(const std::filesystem::path& path)
        : name_{path.string()}, file_{gzopen(name_.c_str(), "rb"), &gzclose_r} {
      if (!file_)
        throw FormatError("GzipFile", detail::joined("expected a readable file at ", path, ", found none"),
                          detail::joined("the working directory is ", std::filesystem::current_path()));
    }

   private:
    int_type underflow() override {
      const int got = gzread(file_.get(), bytes_.data(), static_cast<unsigned>(bytes_.size()));
      int error = Z_OK;
      const char* const text = gzerror(file_.get(), &error);
      if (error != Z_OK)
        throw FormatError(detail::joined("GzipFile: ", name_),
                          detail::joined("expected a sound gzip file, got: ", text),
                          "the file is damaged or cut short: was it copied to the end?");
      if (got <= 0) return traits_type::eof();
      setg(bytes_.data(), bytes_.data(), bytes_.data() + got);
      return traits_type::to_int_type(bytes_[0]);
    }

    std::string name_;
    std::unique_ptr<gzFile_s, decltype(&gzclose_r)> file_;
    std::array<char, 16384> bytes_;
  };

  Buffer buffer_;
};

/// As read_idx, from files that gzip has packed, as MNIST is handed out.
///
///   const Dataset test = read_idx_gzip({.images = "t10k-images-idx3-ubyte.gz",
///                                       .labels = "t10k-labels-idx1-ubyte.gz"});
///
/// Throws   as read_idx and GzipFile. Allocates in proportion to what is packed in the file.
template <std::floating_point T = float>
Dataset<T> read_idx_gzip(const IdxFiles& files) {
  GzipFile images{files.images}, labels{files.labels};
  return detail::read_idx_streams<T>(images, labels, files);
}

}  // namespace descent
