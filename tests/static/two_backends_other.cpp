#include "two_backends_output.hpp"

float output_of_other_backend() { return output(); }
