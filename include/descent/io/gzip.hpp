#pragma once

// Requires zlib: link ZLIB::ZLIB, or -lz. Therefore neither data.hpp nor descent.hpp includes this header.
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

namespace descent::inline DESCENT_ABI {

/// An input stream that decompresses a gzip file; an uncompressed file is read unchanged. Every reader that takes a
/// stream can use it.
///
///   GzipFile in{"sensors.csv.gz"};
///   const Dataset data = read_csv(in, {.target = "load"}, "sensors.csv.gz");
///
/// Throws   FormatError, from the constructor if the file cannot be opened, and from reading if it is damaged or ends
///          early.
class GzipFile : public std::istream {
 public:
  explicit GzipFile(const std::filesystem::path& path) : std::istream{nullptr}, buffer_{path} {
    rdbuf(&buffer_);
    exceptions(std::ios::badbit);  // propagate the exceptions of the buffer
  }

 private:
  class Buffer : public std::streambuf {
   public:
    explicit Buffer(const std::filesystem::path& path)
        : name_{path.string()}, file_{gzopen(name_.c_str(), "rb"), &gzclose_r} {
      if (!file_)
        throw FormatError("GzipFile",
                          detail::joined("expected a readable file at ", path, ", file not found"),
                          detail::joined("pass an existing path; the working directory is ",
                                         std::filesystem::current_path()));
    }

   private:
    int_type underflow() override {
      const int got = gzread(file_.get(), bytes_.data(), static_cast<unsigned>(bytes_.size()));
      int error = Z_OK;
      const char* const text = gzerror(file_.get(), &error);
      if (error != Z_OK)
        throw FormatError(detail::joined("GzipFile: ", name_),
                          detail::joined("expected a valid gzip file, got: ", text),
                          "copy the file again: it is damaged or cut short");
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

/// Reads a data set like read_idx, from files compressed by gzip, such as those of MNIST.
///
///   const Dataset test = read_idx_gzip({.images = "t10k-images-idx3-ubyte.gz",
///                                       .labels = "t10k-labels-idx1-ubyte.gz"});
///
/// Throws   like read_idx and GzipFile.
/// Cost     memory in proportion to the decompressed size.
/// Example  examples/07_mnist.cpp
template <std::floating_point T = float>
Dataset<T> read_idx_gzip(const IdxFiles& files) {
  GzipFile images{files.images}, labels{files.labels};
  return detail::read_idx_streams<T>(images, labels, files);
}

}  // namespace descent
