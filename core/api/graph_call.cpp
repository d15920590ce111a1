// The C API of graphs that have no sequences.
#include "core/api/objects.hpp"
#include "core/base/error.hpp"

using namespace weft;

extern "C" {

weft_status* weft_graph_call_new(weft_model* model, const char* role, weft_graph_call** out) {
  WEFT_NEED(model);
  WEFT_NEED(role);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    *out = nullptr;
    WEFT_TRY(auto call, model->model->new_call(role));
    *out = new weft_graph_call{std::move(call), {}};
    return {};
  });
}

void weft_graph_call_free(weft_graph_call* call) { delete call; }

weft_status* weft_graph_call_set(weft_graph_call* call, weft_str input, const weft_array* tensor) {
  WEFT_NEED(call);
  WEFT_NEED(tensor);
  return guard_abi([&]() -> Status {
    if (tensor->rank > WEFT_MAX_RANK) return invalid("a tensor of rank {}, at most {}", tensor->rank, WEFT_MAX_RANK);
    WEFT_CHECK_OK(check_entries("weft_array: dims", static_cast<const void*>(tensor->dims), tensor->rank));
    return call->call->set(to_view(input),
                           {tensor->dtype, {tensor->dims, tensor->dims + tensor->rank}, tensor->data});
  });
}

weft_status* weft_graph_call_run(weft_graph_call* call, const weft_limits* given) {
  WEFT_NEED(call);
  return guard_abi([&]() -> Status {
    WEFT_TRY(const CallLimits limits, call_limits(given));
    return call->call->run([&] { return limits.check(); });
  });
}

weft_status* weft_graph_call_output(weft_graph_call* call, weft_str output, weft_array* out) {
  WEFT_NEED(call);
  WEFT_NEED(out);
  return guard_abi([&]() -> Status {
    WEFT_TRY(call->last, call->call->output(to_view(output)));
    *out = {call->last.data, call->last.dims.data(), call->last.dtype, static_cast<uint32_t>(call->last.dims.size())};
    return {};
  });
}

}  // extern "C"
