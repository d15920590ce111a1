// The ops for which the cpu backend has its own kernels: how each is split over threads and given to an Isa.
#pragma once

#include "plugins/backends/cpu/isa.hpp"
#include "weft/sdk/interpreter.hpp"

namespace weft::cpu {

using sdk::Call;
using sdk::Interpreter;
using sdk::View;

/// The instruction set of the device on which the call runs.
inline const Isa& isa_of(const Call& c) { return *static_cast<const Isa*>(c.variant); }

void add_matmul(Interpreter&);     // matmul, linear, matmul_id, gated_mlp, activation
void add_attention(Interpreter&);  // attention, relative_attention, ragged_attention
void add_rope(Interpreter&);       // rope
void add_scan(Interpreter&);       // selective_scan
void add_rows(Interpreter&);       // rms_norm, layer_norm, gather, scatter

/// Writes a row of a parameter as f32 to out [cols].
void decode_row(const Isa& isa, const sdk::Weight& w, int64_t row, float* out);

}  // namespace weft::cpu
