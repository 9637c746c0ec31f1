#pragma once

#include "descent/autodiff/dual.hpp"
