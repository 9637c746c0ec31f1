#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/tables/preprocess.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The version of the preprocessing in a model file that this library writes, and the newest that it reads.
inline constexpr int preprocess_version = 1;

inline nlohmann::json json_of(const LearnedColumn& column) {
  return {{"name", column.name},
          {"kind", static_cast<int>(column.kind)},
          {"encoding", static_cast<int>(column.encoding)},
          {"categories", column.categories},
          {"other", column.other},
          {"flag", column.flag},
          {"refuse_missing", column.refuse_missing},
          {"refuse_unknown", column.refuse_unknown},
          {"log", column.log},
          {"fill", column.fill},
          {"low", column.low},
          {"high", column.high},
          {"offset", column.offset},
          {"divisor", column.divisor}};
}

/// Returns a Preprocess as JSON, with its version. Throws DataError for names that are not UTF-8.
inline std::string preprocess_text(const Preprocess& prepare, std::string_view user) {
  const PreprocessState& state = prepare.state();
  nlohmann::json json{{"version", preprocess_version},      {"columns", nlohmann::json::array()},
                      {"targets", nlohmann::json::array()}, {"label", state.label},
                      {"classes", state.classes},           {"left_out", state.left_out}};
  for (const LearnedColumn& column : state.columns) json["columns"].push_back(json_of(column));
  for (const LearnedTarget& target : state.targets)
    json["targets"].push_back(
        {{"name", target.name}, {"log", target.log}, {"offset", target.offset}, {"divisor", target.divisor}});
  try {
    return json.dump();
  } catch (const nlohmann::json::exception&) {
    throw DataError(user, "expected names of columns and categories in UTF-8, got other bytes",
                    "save the table as CSV in UTF-8");
  }
}

/// Returns an enumeration of `count` values.
template <class E>
E enumeration(const nlohmann::json& json, const char* name, int count) {
  const int value = json.at(name).get<int>();
  if (value < 0 || value >= count) throw DataError("Preprocess", joined("unknown ", name, ' ', value), "");
  return static_cast<E>(value);
}

inline LearnedColumn learned_column(const nlohmann::json& json) {
  LearnedColumn column;
  json.at("name").get_to(column.name);
  column.kind = enumeration<ColumnKind>(json, "kind", 3);
  column.encoding = enumeration<Encoding>(json, "encoding", 4);
  json.at("categories").get_to(column.categories);
  json.at("other").get_to(column.other);
  json.at("flag").get_to(column.flag);
  json.at("refuse_missing").get_to(column.refuse_missing);
  json.at("refuse_unknown").get_to(column.refuse_unknown);
  json.at("log").get_to(column.log);
  json.at("fill").get_to(column.fill);
  json.at("low").get_to(column.low);
  json.at("high").get_to(column.high);
  json.at("offset").get_to(column.offset);
  json.at("divisor").get_to(column.divisor);
  return column;
}

/// Reads a Preprocess from JSON. Throws FormatError, which begins with `where`.
inline Preprocess parse_preprocess(std::string_view where, std::string_view text) {
  const auto fail = [&](const std::string& got) {
    throw FormatError(where, joined("expected a preprocessing as save_model writes it, got ", got),
                      "copy or save the file again: it is damaged");
  };
  try {
    const auto limit = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
      if (depth > 4) fail("deeper JSON");
      return true;
    };
    const auto json = nlohmann::json::parse(text, limit);
    if (const int version = json.at("version").get<int>(); version < 1 || version > preprocess_version)
      throw FormatError(
          where,
          joined("expected version ", preprocess_version, " of the preprocessing or older, got ", version),
          "update descent to the version that saved the file");
    PreprocessState state;
    for (const auto& column : json.at("columns")) state.columns.push_back(learned_column(column));
    for (const auto& target : json.at("targets"))
      state.targets.push_back({target.at("name").get<std::string>(), target.at("log").get<bool>(),
                               target.at("offset").get<double>(), target.at("divisor").get<double>()});
    json.at("label").get_to(state.label);
    json.at("classes").get_to(state.classes);
    json.at("left_out").get_to(state.left_out);
    return Preprocess{std::move(state)};
  } catch (const nlohmann::json::exception& error) {
    fail(error.what());
  } catch (const DataError& error) {
    fail(error.what());
  }
  throw FormatError(where, "expected a preprocessing, got none", "");
}

}  // namespace descent::inline DESCENT_ABI::detail
