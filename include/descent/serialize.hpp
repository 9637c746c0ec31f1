#pragma once

#include "descent/serialize/archive.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/serialize/xxh64.hpp"
