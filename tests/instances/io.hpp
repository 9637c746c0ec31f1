// Templates that many tests, examples and programs in the documentation instantiate alike. They are declared `extern`
// here and compiled once, in instances.cpp: most take longer to compile than the program that calls them. CMake puts
// this file into the precompiled headers; no source includes it.
#include <descent/io/csv.hpp>
#include <descent/io/model_file.hpp>

#ifndef DESCENT_INSTANCE
#define DESCENT_INSTANCE extern template
#endif

namespace descent {

DESCENT_INSTANCE Dataset<float> read_csv(std::istream&, const CsvOptions&, const std::string&);
DESCENT_INSTANCE Dataset<float> read_csv(const std::filesystem::path&, const CsvOptions&);

DESCENT_INSTANCE LayerRegistry<float> standard_registry();
DESCENT_INSTANCE LoadedModel<float> load_model(std::istream&, const LayerRegistry<float>&,
                                               const std::string&);
DESCENT_INSTANCE LoadedModel<float> load_model(const std::filesystem::path&, const LayerRegistry<float>&);
DESCENT_INSTANCE void detail::write_model(std::ostream&, detail::ModelToSave<float>, const SaveModel<float>&);

}  // namespace descent

#undef DESCENT_INSTANCE
