#pragma once

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"
#include "descent/data/unit_vector.hpp"

namespace descent::inline DESCENT_ABI {

/// Rotates and scales an image about its center and translates it, with a single interpolation:
///
///   angle uniform in [-degrees, degrees]     scale uniform in [1 - zoom, 1 + zoom]
///   shift uniform in [-pixels, pixels] in each direction, by fractions of a pixel too
///
/// Interpolation is bilinear, with 0 outside of the image.
///
/// Throws   DataError for negative degrees or pixels, or a zoom outside [0, 1).
/// Example  examples/09_augmentation.cpp
struct RandomAffine {
  double degrees = 10;
  double pixels = 2;
  double zoom = 0.1;

  void check() const { check("RandomAffine"); }
  void check(std::string_view name) const {
    expect_not_negative({name, "degrees", degrees});
    expect_not_negative({name, "pixels", pixels});
    expect_share({name, "zoom", zoom, "choose 0.1 to zoom in or out by up to 10 %"});
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>& scratch) const {
    check();
    const auto between = [&](double most) { return most * (2 * rng.uniform() - 1); };
    const detail::UnitVector turn = detail::unit_vector(between(degrees) / 360);
    const double scale = 1 + between(zoom);
    const double right = between(pixels), down = between(pixels);
    const double center_column = static_cast<double>(image.width() - 1) / 2;
    const double center_row = static_cast<double>(image.height() - 1) / 2;
    // Maps a pixel of the new image to its position in the old one.
    detail::resample(image, scratch, [&](Index column, Index row) {
      const double x = (static_cast<double>(column) - center_column - right) / scale;
      const double y = (static_cast<double>(row) - center_row - down) / scale;
      return detail::ImagePoint{center_column + turn.x * x + turn.y * y,
                                center_row - turn.y * x + turn.x * y};
    });
  }
};

/// Rotates an image about its center by an angle uniform in [-degrees, degrees]. See RandomAffine.
struct RandomRotation {
  double degrees = 10;
  void check() const { affine().check("RandomRotation"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = degrees, .pixels = 0, .zoom = 0}; }
};

/// Translates an image by up to `pixels` in each direction, by fractions of a pixel too. See RandomAffine; RandomCrop
/// shifts by whole pixels and does not blur.
struct RandomShift {
  double pixels = 2;
  void check() const { affine().check("RandomShift"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = 0, .pixels = pixels, .zoom = 0}; }
};

/// Scales an image about its center by a factor uniform in [1 - zoom, 1 + zoom]. See RandomAffine.
struct RandomZoom {
  double zoom = 0.1;
  void check() const { affine().check("RandomZoom"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = 0, .pixels = 0, .zoom = zoom}; }
};

}  // namespace descent
