#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// Writes named values to a file or reads them back. A type that is to be saved lists its members once, for both
/// directions:
///
///   void visit_members(Archive& a) { a("right", right), a("seen", seen); }
///
/// Accepts numbers, booleans, strings, matrices, models and types with `visit_members`. A value is read into one of
/// the same structure; only vectors and strings take their lengths from the file.
///
/// Throws   DataError when a value of another type is saved.
class Archive {
 public:
  Archive() = default;
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;
  virtual ~Archive() = default;

  template <class V>
  [[gnu::cold]] void operator()(std::string_view name, V& value) {
    const Inside inside{*this, name};
    if constexpr (std::is_same_v<V, bool>)
      carry_flag(value);
    else if constexpr (std::is_arithmetic_v<V>)
      carry({path_, &value, 1, 1, sizeof(V)});
    else if constexpr (requires { value.visit_members(*this); })
      value.visit_members(*this);
    else if constexpr (Parameterized<V>)
      visit_model(value);
    else if constexpr (requires { value.data(), value.rows(), value.cols(); })
      carry({path_, value.data(), value.rows(), value.cols(), sizeof(typename V::Scalar)});
    else
      throw_error<DataError>(
          "Archive", {"expected a value that can be saved, got \"", path_, "\" without visit_members"},
          "add visit_members(a) to its type, which calls a(name, member) for each member");
  }

  void operator()(std::string_view name, std::string& text) {
    const Inside inside{*this, name};
    text.resize(count(text.size(), 1));
    carry({path_, text.data(), static_cast<Index>(text.size()), 1, 1});
  }

  /// A vector. Elements that it lacks when it is read are copied from `prototype`.
  template <class V>
  [[gnu::cold]] void operator()(std::string_view name, std::vector<V>& list, const auto&... prototype) {
    const Inside inside{*this, name};
    const std::size_t size = count(list.size(), std::is_arithmetic_v<V> ? sizeof(V) : 8);
    if constexpr (std::is_arithmetic_v<V>) {
      list.resize(size);
      carry({path_, list.data(), static_cast<Index>(size), 1, sizeof(V)});
    } else {
      if (list.size() > size) list.resize(size, prototype...);
      // One by one, so that a damaged length allocates no memory for elements that the file does not have.
      for (std::size_t i = 0; i < size; ++i) {
        if (i == list.size()) list.emplace_back(prototype...);
        (*this)("", list[i]);
      }
    }
  }

  /// An optional value. If the file has one, it is read into a copy of `prototype`.
  template <class V>
  [[gnu::cold]] void operator()(std::string_view name, std::optional<V>& maybe, const V& prototype) {
    const Inside inside{*this, name};
    bool has_value = maybe.has_value();
    (*this)("there", has_value);
    if (has_value && !maybe) maybe.emplace(prototype);
    if (!has_value) maybe.reset();
    if (maybe) (*this)("value", *maybe);
  }

 protected:
  /// The numbers of a matrix, contiguous in column-major order.
  struct Numbers {
    const std::string& path;
    void* data;
    Index rows, cols;
    std::size_t bytes_each;
    std::size_t bytes() const { return static_cast<std::size_t>(rows * cols) * bytes_each; }
  };

 private:
  /// RAII guard that appends a name to the path.
  class Inside {
   public:
    [[gnu::cold, gnu::noinline]] Inside(Archive& archive, std::string_view name)
        : path_{archive.path_}, before_{path_.size()} {
      if (!path_.empty() && !name.empty()) path_ += '/';
      path_ += name;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    [[gnu::cold, gnu::noinline]] ~Inside() { path_.resize(before_); }

   private:
    std::string& path_;
    std::size_t before_;
  };

  template <class M>
  void visit_model(M& model) {
    visit_leaves(model, [&](const auto& leaf) {
      const Inside inside{*this, leaf.name().path()};
      carry({path_, leaf.data, leaf.rows, leaf.cols, sizeof *leaf.data});
    });
  }

  /// Carries a bool as a byte, since not every byte is a valid bool.
  void carry_flag(bool& flag) {
    unsigned char number = flag;
    carry({path_, &number, 1, 1, 1});
    flag = number != 0;
  }

  /// Writes the length of a vector, or returns the length in the file, which must have at least `bytes_each` more
  /// bytes per element.
  std::size_t count(std::size_t size, std::size_t bytes_each) {
    std::uint64_t in_file = size;
    carry({path_, &in_file, 1, 1, sizeof in_file});
    if (in_file != size) expect_room(path_, in_file, bytes_each);
    return static_cast<std::size_t>(in_file);
  }

  /// Writes the numbers or reads them.
  virtual void carry(const Numbers& numbers) = 0;
  /// Throws unless the rest of the file can hold `count` elements of at least `bytes_each` bytes.
  virtual void expect_room(const std::string& path, std::uint64_t count, std::size_t bytes_each) = 0;

  std::string path_;
};

}  // namespace descent
