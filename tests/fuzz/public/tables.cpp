#include <array>
#include <descent/tables.hpp>
#include <descent/tables/model_file.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/feed_io.hpp"
#include "fuzz/public/calls.hpp"
#include "fuzz/public/options.hpp"

namespace fuzz {

namespace {
using namespace descent;

/// A table of up to 4 columns of each kind, sometimes with wrong codes, numbers or lengths.
Table any_table(Source& source) {
  Table table;
  const Index rows = source.count(4);
  for (unsigned c = 0; c < 4; ++c) {
    Column column{std::string{"abct"}.substr(c, 1), static_cast<ColumnKind>(source.below(3))};
    if (source.one_in(9)) column.name = source.text();
    if (column.kind == ColumnKind::texts) column.categories = {"x", "y", source.text()};
    for (Index i = source.count(rows); i > 0; --i)
      column.numbers.push_back(source.one_in(5) ? source.number() : source.below(3));
    if (!source.one_in(9)) column.numbers.resize(static_cast<std::size_t>(rows), 1);
    table.columns.push_back(column);
  }
  return table;
}

ColumnRule any_rule(Source& source) {
  ColumnRule rule;
  rule.encoding = static_cast<Encoding>(source.below(4));
  rule.missing = static_cast<Fill>(source.below(5));
  rule.missing_flag = source.flag();
  if (source.one_in(4)) rule.low = source.number();
  if (source.one_in(4)) rule.high = source.number();
  rule.log = source.one_in(4);
  rule.scaling = static_cast<Scaling>(source.below(3));
  if (source.one_in(4)) rule.order.assign(source.below(3), source.text());
  if (source.one_in(4)) rule.rare = source.size(2);
  rule.refuse_unknown = source.one_in(4);
  return rule;
}

PreprocessOptions any_options(Source& source) {
  PreprocessOptions options;
  std::string& target = source.flag() ? options.target : options.label;
  if (!source.one_in(4)) target = "t";
  if (source.one_in(6)) options.targets = {"t", "c"};
  if (source.one_in(6)) options.classes = {"x", "y", "0"};
  if (source.one_in(6)) options.leave_out = {source.flag() ? "a" : source.text()};
  if (source.one_in(3)) options.numbers = any_rule(source);
  if (source.one_in(3)) options.texts = any_rule(source);
  if (source.one_in(6)) options.columns["b"] = any_rule(source);
  options.target_rule = {source.one_in(4), static_cast<Scaling>(source.below(3))};
  if (source.one_in(6)) options.most_categories = source.size(9);
  return options;
}

void use(Source& source, const Preprocess& prepare, const Table& table) {
  prepare.feature_names();
  prepare.inputs(table);
  prepare.unscaled_inputs<double>(table);
  const auto data = prepare.dataset<double>(table);
  Matrix<double> y = source.flag() ? data.y : source.matrix(1, 4);
  prepare.invert(y);
}
}  // namespace

void add_tables(Calls& calls) {
  calls.push_back({"Table", [](Source& source) {
                     const Table table = any_table(source);
                     for (const Column& column : table.columns)
                       if (column.name == "a") column.text(source.size(0));
                     table.subset(std::array{Index{0}, source.size(1)});
                     split(table, changed(source, SplitOptions{}), source.flag() ? "t" : "");
                   }});
  calls.push_back({"Preprocess", [](Source& source) {
                     const Table table = any_table(source);
                     const Preprocess prepare{table, any_options(source)};
                     use(source, prepare, source.flag() ? any_table(source) : table);
                   }});
  calls.push_back(
      {"Preprocess of a state", [](Source& source) {
         const Table table = any_table(source);
         PreprocessState state = Preprocess{table, any_options(source)}.state();
         LearnedColumn& column = source.pick(std::array{&state.columns.front(), &state.columns.back()})[0];
         column.fill = source.one_in(2) ? source.number() : column.fill;
         column.offset = source.one_in(3) ? source.number() : column.offset;
         column.divisor = source.one_in(3) ? source.number() : column.divisor;
         column.low = source.one_in(3) ? source.number() : column.low;
         column.encoding = static_cast<Encoding>(source.below(4));
         if (source.flag()) column.categories.assign(source.below(3), source.text());
         use(source, Preprocess{state}, table);
       }});
  calls.push_back(
      {"predict of a table", [](Source& source) {
         const Preprocess prepare{any_table(source), any_options(source)};
         Rng rng{1};
         const Sequential net{Dense<float>{source.count(prepare.features() % 9) + 1, 1, rng}};
         const Table row = table_of({{"a", 1}, {"b", source.text()}, {"c", source.number()}, {"t", {}}});
         predict(net, prepare, row);
         predict_class_names(net, prepare, row);
         predict_probabilities(net, prepare, row);
       }});
  calls.push_back(
      {"save_model and load_table_model", [](Source& source) {
         const Preprocess prepare{any_table(source), any_options(source)};
         Rng rng{1};
         const DynamicSequential<float> net{Dense<float>{source.count(prepare.features()), 1, rng}};
         std::stringstream file;
         static const LayerRegistry<float> few = few_layers();
         save_model(file, net, prepare,
                    {.golden = source.matrix<float>(prepare.features(), 2), .registry = few});
         load_table_model<float>(file, few);
       }});
  calls.push_back({"read_table", [](Source& source) {
                     TableOptions options;
                     if (source.one_in(4)) options.columns = {source.text()};
                     if (source.one_in(4)) options.kinds["0"] = static_cast<ColumnKind>(source.below(3));
                     options.header = source.flag();
                     if (source.one_in(4)) options.separator = static_cast<char>(source.byte());
                     if (source.one_in(4))
                       options.decimal = source.flag() ? ',' : static_cast<char>(source.byte());
                     std::istringstream in{std::string{source.rest()}};
                     read_table(in, options);
                   }});
  calls.push_back(
      {"parse_preprocess", [](Source& source) {
         std::string text =
             R"({"version":1,"columns":[{"name":"a","kind":0,"encoding":1,"categories":[],"other":)"
             R"(false,"flag":true,"refuse_missing":false,"refuse_unknown":false,"log":false,"fill":1,)"
             R"("low":-1e9,"high":1e9,"offset":2,"divisor":3}],"targets":[{"name":"t","log":true,)"
             R"("offset":1,"divisor":2}],"label":"","classes":[],"left_out":[]})";
         for (unsigned n = source.below(4); n > 0; --n)
           text[source.below(256)] = static_cast<char>(source.byte());
         if (source.one_in(4)) text = source.rest();
         descent::detail::parse_preprocess("fuzz", text);
       }});
}

}  // namespace fuzz
