#pragma once

#include "descent/checks/gradient_check.hpp"
