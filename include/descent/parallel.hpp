#pragma once

#include "descent/parallel/communicator.hpp"
#include "descent/parallel/flush_denormals.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/parallel/workers.hpp"
