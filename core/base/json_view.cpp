#include "core/base/json_view.hpp"

#include <limits>

namespace weft {
namespace {

const Json* json(const weft_json_node* n) { return reinterpret_cast<const Json*>(n); }
const weft_json_node* node(const Json* j) { return reinterpret_cast<const weft_json_node*>(j); }

const Json::object_t& members(const weft_json_node* n) {  // its members, a vector of pairs
  return json(n)->get_ref<const Json::object_t&>();
}

uint32_t type(const weft_json_node* n) {
  if (n == nullptr) return WEFT_JSON_ABSENT;
  switch (json(n)->type()) {
    case Json::value_t::boolean: return WEFT_JSON_BOOL;
    case Json::value_t::number_integer: return WEFT_JSON_INT;
    case Json::value_t::number_unsigned:
      return json(n)->get<uint64_t>() <= uint64_t{std::numeric_limits<int64_t>::max()}
                 ? WEFT_JSON_INT
                 : WEFT_JSON_FLOAT;
    case Json::value_t::number_float: return WEFT_JSON_FLOAT;
    case Json::value_t::string: return WEFT_JSON_STRING;
    case Json::value_t::array: return WEFT_JSON_ARRAY;
    case Json::value_t::object: return WEFT_JSON_OBJECT;
    default: return WEFT_JSON_NULL;
  }
}
uint64_t size(const weft_json_node* n) {
  return n && json(n)->is_structured() ? json(n)->size() : 0;
}
const weft_json_node* member(const weft_json_node* n, weft_str key) {
  if (n == nullptr || !json(n)->is_object()) return nullptr;
  const std::string_view wanted(key.data ? key.data : "", key.size);
  for (auto it = json(n)->begin(); it != json(n)->end(); ++it) {
    if (it.key() == wanted) return node(&it.value());
  }
  return nullptr;
}
const weft_json_node* at(const weft_json_node* n, uint64_t i) {
  if (i >= size(n)) return nullptr;
  if (json(n)->is_array()) return node(&(*json(n))[i]);
  return node(&(members(n).data() + i)->second);
}
weft_str key(const weft_json_node* n, uint64_t i) {
  if (i >= size(n) || !json(n)->is_object()) return {"", 0};
  const std::string& key = (members(n).data() + i)->first;
  return {key.data(), key.size()};
}
weft_str string(const weft_json_node* n) {
  if (n == nullptr || !json(n)->is_string()) return {"", 0};
  const std::string& s = json(n)->get_ref<const std::string&>();
  return {s.data(), s.size()};
}
int64_t integer(const weft_json_node* n) {
  switch (type(n)) {
    case WEFT_JSON_BOOL: return json(n)->get<bool>() ? 1 : 0;
    case WEFT_JSON_INT: return json(n)->get<int64_t>();
    default: return 0;
  }
}
double number(const weft_json_node* n) {
  return n && json(n)->is_number() ? json(n)->get<double>() : 0;
}

}  // namespace

weft_json make_json_view(const Json* root) {
  return {{WEFT_END(weft_json, number), 0}, node(root), type, size, member, at, key, string,
          integer, number};
}

}  // namespace weft
