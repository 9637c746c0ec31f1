// expect: a .strategy needs std::optional<TrialStep> next(const SearchState&) const
#include <descent/descent.hpp>
#include <descent/search.hpp>

using namespace descent;

struct All {
#ifdef DESCENT_COMPILES
  std::optional<TrialStep> next(const SearchState& state) const { return RandomSearch{}.next(state); }
#endif
};

int main() { const SearchOptions options{.strategy = All{}}; }
