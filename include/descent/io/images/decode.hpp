#pragma once

// Requires libpng and TurboJPEG: link descent::images, or -lpng -lturbojpeg.
#include <png.h>
#include <turbojpeg.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/open_file.hpp"
#include "descent/serialize/read_all.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The pixels of an image, with red, green and blue from 0 to 255, row by row.
struct Pixels {
  Index height = 0, width = 0;
  std::vector<std::uint8_t> values;
};

/// Decodes the bytes of a PNG or JPEG file.
class ImageDecoder {
 public:
  ImageDecoder(std::string_view user, std::string_view source, std::string_view bytes)
      : user_{user}, source_{source}, bytes_{bytes} {}

  Pixels decode() const {
    if (bytes_.starts_with("\x89PNG")) return decode_png();
    if (bytes_.starts_with("\xFF\xD8\xFF")) return decode_jpeg();
    fail("expected an image in PNG or JPEG format, got other bytes", "convert it to PNG");
  }

 private:
  /// Returns black pixels of this size. Throws unless the file could hold as many: a byte of a PNG file expands to 1032
  /// at most, each of up to 8 pixels.
  Pixels blank(Index height, Index width) const {
    constexpr Index most_side = 1 << 16, most_each_byte = 8 * 1032;
    if (height < 1 || width < 1 || height > most_side || width > most_side)
      fail(joined("expected height and width from 1 to ", most_side, ", got ", height, " x ", width),
           "scale the image down");
    if (height * width / most_each_byte > static_cast<Index>(bytes_.size()))
      fail(joined("expected pixels in proportion to the ", bytes_.size(), " bytes of the file, got ", height,
                  " x ", width),
           "save the image again: it is damaged");
    return {height, width, std::vector<std::uint8_t>(static_cast<std::size_t>(3 * height * width), 255)};
  }

  Pixels decode_png() const {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    const std::unique_ptr<png_image, decltype(&png_image_free)> freed{&image, &png_image_free};
    if (png_image_begin_read_from_memory(&image, bytes_.data(), bytes_.size()) == 0)
      fail_damaged(image.message);
    image.format = PNG_FORMAT_RGB;
    image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
    Pixels pixels = blank(image.height, image.width);
    // The image is composed on the pixels that are already there, which are white.
    if (png_image_finish_read(&image, nullptr, pixels.values.data(), 0, nullptr) == 0)
      fail_damaged(image.message);
    return pixels;
  }

  Pixels decode_jpeg() const {
    const std::unique_ptr<void, decltype(&tjDestroy)> decoder{tjInitDecompress(), &tjDestroy};
    const auto* const data = reinterpret_cast<const unsigned char*>(bytes_.data());
    const auto size = static_cast<unsigned long>(bytes_.size());
    int width = 0, height = 0, sampling = 0, colors = 0;
    if (decoder == nullptr ||
        tjDecompressHeader3(decoder.get(), data, size, &width, &height, &sampling, &colors) != 0)
      fail_damaged(tjGetErrorStr2(decoder.get()));
    Pixels pixels = blank(height, width);
    // Without the first flag a truncated file would be gray from some row on.
    constexpr int flags = TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS | TJFLAG_ACCURATEDCT;
    if (tjDecompress2(decoder.get(), data, size, pixels.values.data(), width, 0, height, TJPF_RGB, flags) !=
        0)
      fail_damaged(tjGetErrorStr2(decoder.get()));
    return pixels;
  }

  [[noreturn]] void fail_damaged(std::string_view message) const {
    fail(joined("expected a valid image, got: ", message), "save the image again, as PNG or as a color JPEG");
  }
  [[noreturn]] void fail(const std::string& problem, std::string_view cure) const {
    throw FormatError(joined(user_, ": ", source_), problem, cure);
  }

  std::string_view user_, source_, bytes_;
};

/// Reads the pixels of a file.
inline Pixels read_pixels(const std::filesystem::path& path, std::string_view user) {
  std::ifstream in = open_file(path, user);
  const std::optional<std::string> bytes = read_all(in);
  return ImageDecoder{user, path.string(), bytes ? *bytes : std::string{}}.decode();
}

}  // namespace descent::detail
