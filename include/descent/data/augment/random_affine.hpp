#pragma once

#include "descent/core/options.hpp"
#include "descent/data/augment/image.hpp"
#include "descent/data/unit_vector.hpp"

namespace descent {

/// Turns, zooms and shifts an image at once, about its middle, with a single interpolation:
///
///   angle uniform in [-degrees, degrees]     scale uniform in [1 - zoom, 1 + zoom]
///   shift uniform in [-pixels, pixels] in each direction, not in whole pixels
///
/// Bilinear between pixels, 0 outside of the image.
///
/// Throws   DataError for degrees or pixels below 0, or a zoom outside [0, 1).
struct RandomAffine {
  double degrees = 10;
  double pixels = 2;
  double zoom = 0.1;

  void check() const { check("RandomAffine"); }
  void check(std::string_view name) const {
    expect_not_negative({name, "degrees", degrees});
    expect_not_negative({name, "pixels", pixels});
    expect_share({name, "zoom", zoom, "0.1 zooms by up to 10 % both ways"});
  }

  template <class T>
  void operator()(Image<T> image, Rng& rng, std::vector<T>& scratch) const {
    check();
    const auto between = [&](double most) { return most * (2 * rng.uniform() - 1); };
    const detail::UnitVector turn = detail::unit_vector(between(degrees) / 360);
    const double scale = 1 + between(zoom);
    const double right = between(pixels), down = between(pixels);
    const double middle_column = static_cast<double>(image.width() - 1) / 2;
    const double middle_row = static_cast<double>(image.height() - 1) / 2;
    // From a pixel of the new image back to the place in the old one.
    detail::resample(image, scratch, [&](Index column, Index row) {
      const double x = (static_cast<double>(column) - middle_column - right) / scale;
      const double y = (static_cast<double>(row) - middle_row - down) / scale;
      return detail::ImagePoint{middle_column + turn.x * x + turn.y * y,
                                middle_row - turn.y * x + turn.x * y};
    });
  }
};

/// Turns an image about its middle by an angle uniform in [-degrees, degrees]. See RandomAffine.
struct RandomRotation {
  double degrees = 10;
  void check() const { affine().check("RandomRotation"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = degrees, .pixels = 0, .zoom = 0}; }
};

/// Shifts an image by up to so many pixels in each direction, not in whole ones. See RandomAffine; RandomCrop
/// shifts by whole pixels and blurs nothing.
struct RandomShift {
  double pixels = 2;
  void check() const { affine().check("RandomShift"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = 0, .pixels = pixels, .zoom = 0}; }
};

/// Zooms an image about its middle by a factor uniform in [1 - zoom, 1 + zoom]. See RandomAffine.
struct RandomZoom {
  double zoom = 0.1;
  void check() const { affine().check("RandomZoom"); }
  void operator()(auto image, Rng& rng, auto& scratch) const { affine()(image, rng, scratch); }

 private:
  RandomAffine affine() const { return {.degrees = 0, .pixels = 0, .zoom = zoom}; }
};

}  // namespace descent
