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

namespace descent {

/// Carries values into a file or back out of it, under names. What is to be saved names its members once, for both
/// ways:
///
///   void visit_members(Archive& a) { a("right", right), a("seen", seen); }
///
/// Takes numbers, truth values, texts, matrices, models, and whatever has `visit_members`. A value that comes out of
/// a file has the structure of the one that it is read into; only lists and texts take their lengths from the file.
///
/// Throws   DataError for a value of another type, when it is saved.
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
          "give its type visit_members(a), which calls a(name, member) for each member");
  }

  void operator()(std::string_view name, std::string& text) {
    const Inside inside{*this, name};
    text.resize(count(text.size(), 1));
    carry({path_, text.data(), static_cast<Index>(text.size()), 1, 1});
  }

  /// A list; what it lacks when it is read is copied from `blank`.
  template <class V>
  [[gnu::cold]] void operator()(std::string_view name, std::vector<V>& list, const auto&... blank) {
    const Inside inside{*this, name};
    const std::size_t size = count(list.size(), std::is_arithmetic_v<V> ? sizeof(V) : 8);
    if constexpr (std::is_arithmetic_v<V>) {
      list.resize(size);
      carry({path_, list.data(), static_cast<Index>(size), 1, sizeof(V)});
    } else {
      if (list.size() > size) list.resize(size, blank...);
      // One by one, so that a file takes no memory for what it does not hold.
      for (std::size_t i = 0; i < size; ++i) {
        if (i == list.size()) list.emplace_back(blank...);
        (*this)("", list[i]);
      }
    }
  }

  /// An optional value. If the file has one, it is read into a copy of `blank`.
  template <class V>
  [[gnu::cold]] void operator()(std::string_view name, std::optional<V>& maybe, const V& blank) {
    const Inside inside{*this, name};
    bool there = maybe.has_value();
    (*this)("there", there);
    if (there && !maybe) maybe.emplace(blank);
    if (!there) maybe.reset();
    if (maybe) (*this)("value", *maybe);
  }

 protected:
  /// Contiguous numbers of a matrix, column after column.
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
    [[gnu::cold]] Inside(Archive& archive, std::string_view name)
        : path_{archive.path_}, before_{path_.size()} {
      if (!path_.empty() && !name.empty()) path_ += '/';
      path_ += name;
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { path_.resize(before_); }

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

  /// As a whole number, since not every byte is a truth value.
  void carry_flag(bool& flag) {
    unsigned char number = flag;
    carry({path_, &number, 1, 1, 1});
    flag = number != 0;
  }

  /// The length of a list: that of the one at hand, or the one in the file, which has at least `bytes_each` more for
  /// each element.
  std::size_t count(std::size_t size, std::size_t bytes_each) {
    std::uint64_t in_file = size;
    carry({path_, &in_file, 1, 1, sizeof in_file});
    if (in_file != size) expect_room(path_, in_file, bytes_each);
    return static_cast<std::size_t>(in_file);
  }

  virtual void carry(const Numbers& numbers) = 0;
  virtual void expect_room(const std::string& path, std::uint64_t count, std::size_t bytes_each) = 0;

  std::string path_;
};

}  // namespace descent
