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

#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"

namespace descent::detail {

/// A chain is a chain, whether its length was known when the program was compiled or not.
inline std::string_view type_in_file(const LayerDescription& layer) {
  return layer.type == "Network" ? "Sequential" : std::string_view{layer.type};
}

/// The description of a model in JSON:
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

/// Reads JSON text that nests at most `most_levels` deep.
inline nlohmann::json parse_json(std::string_view where, std::string_view what, std::string_view text,
                                 int most_levels) {
  const auto fail = [&](std::string_view problem) {
    throw FormatError(where, concat("expected ", what, " in JSON, got ", problem), "the file is damaged");
  };
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(text, [&](int level, nlohmann::json::parse_event_t, nlohmann::json&) {
      if (level > most_levels) fail(concat("more than ", most_levels, " levels"));
      return true;
    });
  } catch (const nlohmann::json::exception& error) {
    fail(error.what());
  }
  return json;
}

inline LayerDescription description_of(const nlohmann::json& json) {
  LayerDescription layer;
  json.at("type").get_to(layer.type);
  if (json.contains("options"))
    for (const auto& [name, value] : json.at("options").items())
      layer.options.emplace_back(name, value.get<double>());
  if (json.contains("layers"))
    for (const auto& part : json.at("layers"))
      layer.layers.push_back({part.at("name").get<std::string>(), description_of(part)});
  return layer;
}

inline LayerDescription parse_architecture(std::string_view where, std::string_view text) {
  constexpr int most_levels = 100;  // two for each level of layers, and some
  const nlohmann::json json = parse_json(where, "an architecture", text, most_levels);
  try {
    return description_of(json);
  } catch (const nlohmann::json::exception& error) {
    throw FormatError(
        where, concat("expected an architecture of types, options and layers, got a fault: ", error.what()),
        "the file is damaged");
  }
}

/// The same as far as a float can tell: a model of floats may have come from one of doubles.
inline bool same_option(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(a); }

/// Where two descriptions first differ and how; nothing where they do not.
inline std::optional<std::string> first_difference(const LayerDescription& model,
                                                   const LayerDescription& file,
                                                   const std::string& path = {}) {
  const std::string layer = path.empty() ? std::string{"the whole: "} : concat("layer \"", path, "\": ");
  if (type_in_file(model) != type_in_file(file))
    return concat(layer, "the model has ", type_in_file(model), ", the file ", type_in_file(file));
  auto ours = model.options, theirs = file.options;
  std::sort(ours.begin(), ours.end());
  std::sort(theirs.begin(), theirs.end());
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    if (i >= ours.size()) return concat(layer, "the model has no option \"", theirs[i].first, '"');
    if (i >= theirs.size()) return concat(layer, "the file has no option \"", ours[i].first, '"');
    if (ours[i].first != theirs[i].first || !same_option(ours[i].second, theirs[i].second))
      return concat(layer, "the model has ", ours[i].first, " = ", ours[i].second, ", the file ",
                    theirs[i].first, " = ", theirs[i].second);
  }
  for (std::size_t i = 0; i < std::min(model.layers.size(), file.layers.size()); ++i) {
    const auto& [name, part] = model.layers[i];
    if (name != file.layers[i].name)
      return concat(layer, "the model calls its part ", i, " \"", name, "\", the file \"",
                    file.layers[i].name, '"');
    if (auto difference =
            first_difference(part, file.layers[i].layer, path.empty() ? name : concat(path, '.', name)))
      return difference;
  }
  if (model.layers.size() != file.layers.size())
    return concat(layer, "the model has ", model.layers.size(), " layers, the file ", file.layers.size());
  return std::nullopt;
}

}  // namespace descent::detail
