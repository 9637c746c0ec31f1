#pragma once

#include "descent/models/any_layer.hpp"
#include "descent/models/chain.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/encoder_block.hpp"
#include "descent/models/residual.hpp"
#include "descent/models/sequential.hpp"
