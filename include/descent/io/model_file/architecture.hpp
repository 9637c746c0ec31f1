#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/io/json_events.hpp"
#include "descent/tree/describe.hpp"

namespace descent::inline DESCENT_ABI::detail {

// In a file a DynamicSequential and a Sequential have the same type.
inline constexpr std::string_view type_of_chain = "Sequential";
inline std::string_view type_in_file(const LayerDescription& layer) {
  return layer.type == "DynamicSequential" ? type_of_chain : std::string_view{layer.type};
}

/// Returns the description of a model as JSON:
///
///   {"type": "Sequential", "layers": [{"name": "0", "type": "LeakyReLU", "options": {"slope": 0.1}}, ...]}
inline nlohmann::json json_of(const LayerDescription& layer) {
  nlohmann::json json{{"type", type_in_file(layer)}};
  for (const auto& [name, value] : layer.options) json["options"][name] = value;
  for (const auto& [name, part] : layer.layers) {
    nlohmann::json child = json_of(part);
    child["name"] = name;
    json["layers"].push_back(std::move(child));
  }
  return json;
}

/// Parses the JSON of json_of.
class ArchitectureParser final : public JsonEvents {
 public:
  ArchitectureParser(std::string_view where, LayerDescription& whole) : where_{where}, whole_{whole} {}

  bool key(string_t& name) override {
    key_ = name;
    if (state_ == State::layer) {
      const unsigned field = key_ == "type"      ? 1U
                             : key_ == "options" ? 2U
                             : key_ == "layers"  ? 4U
                             : key_ == "name"    ? 8U
                                                 : 0U;
      if (field == 0 || (open_.back().seen & field) != 0 || (field == 8 && open_.size() == 1))
        fail(joined("the field \"", key_, field == 0 ? "\"" : "\" twice or misplaced"));
      open_.back().seen |= field;
    }
    return true;
  }
  bool string(string_t& value) override {
    if (state_ == State::layer && key_ == "type")
      open_.back().layer->type = value;
    else if (state_ == State::layer && key_ == "name")
      open_[open_.size() - 2].layer->layers.back().name = value;
    else
      fail(joined("the string \"", value, '"'));
    return true;
  }
  bool number_integer(number_integer_t value) override { return option(static_cast<double>(value)); }
  bool number_unsigned(number_unsigned_t value) override { return option(static_cast<double>(value)); }
  bool number_float(number_float_t value, const string_t&) override { return option(value); }

  bool start_object(std::size_t) override {
    if (state_ == State::start) {
      open_.push_back({&whole_});
    } else if (state_ == State::layers) {
      if (open_.size() == most_levels) fail(joined("more than ", most_levels, " levels"));
      open_.push_back({&open_.back().layer->layers.emplace_back().layer});
    } else if (state_ == State::layer && key_ == "options") {
      state_ = State::options;
      return true;
    } else {
      fail("an object");
    }
    state_ = State::layer;
    return true;
  }
  bool end_object() override {
    if (state_ == State::options) {
      state_ = State::layer;
      return true;
    }
    const unsigned needed = open_.size() == 1 ? 1U : 9U;
    if ((open_.back().seen & needed) != needed) fail("a layer without name or type");
    open_.pop_back();
    state_ = open_.empty() ? State::end : State::layers;
    return true;
  }
  bool start_array(std::size_t) override {
    if (state_ != State::layer || key_ != "layers") fail("an array");
    state_ = State::layers;
    return true;
  }
  bool end_array() override {
    state_ = State::layer;
    return true;
  }

 private:
  static constexpr std::size_t most_levels = 100;
  enum class State { start, layer, options, layers, end };
  struct Open {
    LayerDescription* layer;
    unsigned seen = 0;  // bit mask of its fields
  };

  bool option(double value) {
    if (state_ != State::options) fail(joined("the number ", value));
    open_.back().layer->options.emplace_back(key_, value);
    return true;
  }
  FormatError fault(const std::string& got) const override {
    return {where_,
            joined("expected an architecture of layers with name, type, options and layers, got ", got),
            "copy or save the file again: it is damaged"};
  }

  std::string_view where_;
  LayerDescription& whole_;
  std::string key_;
  State state_ = State::start;
  std::vector<Open> open_;  // the path of nested layers, of which the last is being read
};

inline LayerDescription parse_architecture(std::string_view where, std::string_view text) {
  LayerDescription whole;
  ArchitectureParser{where, whole}.read(text);
  return whole;
}

/// True if two options are equal to float precision: a model of floats may be saved from one of doubles.
inline bool same_option(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(a); }

/// Returns the value of an option, or null if the layer does not have it.
inline const double* option_of(const LayerDescription& layer, std::string_view name) {
  for (const auto& [option, value] : layer.options)
    if (option == name) return &value;
  return nullptr;
}

/// Returns a message with the path and the kind of the first difference of two descriptions, if there is one.
inline std::optional<std::string> first_difference(const LayerDescription& model,
                                                   const LayerDescription& file,
                                                   const std::string& path = {}) {
  const std::string layer = path.empty() ? std::string{} : joined("layer \"", path, "\": ");
  if (type_in_file(model) != type_in_file(file))
    return joined(layer, "the model has ", type_in_file(model), ", the file ", type_in_file(file));
  for (const auto& [name, value] : model.options) {
    const double* const other = option_of(file, name);
    if (other == nullptr) return joined(layer, "the file has no option \"", name, '"');
    if (!same_option(value, *other))
      return joined(layer, "the model has ", name, " = ", value, ", the file ", name, " = ", *other);
  }
  for (const auto& [name, value] : file.options)
    if (option_of(model, name) == nullptr) return joined(layer, "the model has no option \"", name, '"');
  if (model.options.size() != file.options.size()) return joined(layer, "the file has an option twice");
  for (std::size_t i = 0; i < std::min(model.layers.size(), file.layers.size()); ++i) {
    const auto& [name, part] = model.layers[i];
    if (name != file.layers[i].name)
      return joined(layer, "the model names its part ", i, " \"", name, "\", the file \"",
                    file.layers[i].name, '"');
    if (auto difference =
            first_difference(part, file.layers[i].layer, path.empty() ? name : joined(path, '.', name)))
      return difference;
  }
  if (model.layers.size() != file.layers.size())
    return joined(layer, "the model has ", model.layers.size(), " layers, the file ", file.layers.size());
  return std::nullopt;
}

/// Adds the options that layers did not have in format 1 of model files, with the values that they implied.
inline void upgrade_from_format_1(LayerDescription& layer) {
  if (layer.type == "Dropout") layer.options.emplace_back("whole_channels", 0);
  for (auto& [name, part] : layer.layers) upgrade_from_format_1(part);
}

}  // namespace descent::detail
