#include "apps/weft/inspect_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "apps/weft/needs.hpp"
#include "apps/weft/output.hpp"
#include "core/base/bytes_text.hpp"
#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "weft/abi/architecture.h"

namespace weft::app {
namespace {

std::string text_of(const Json& found, const char* key) { return one_line(found[key].get_ref<const std::string&>()); }
uint64_t number_of(const Json& found, const char* key) { return found[key].get<uint64_t>(); }

/// "f32 x21, q8_0 x4"
std::string listed(const Json& object) {
  std::string out;
  for (const auto& [key, n] : object.items())
    out += fmt::format("{}{} x{}", out.empty() ? "" : ", ", key, json_text(n));
  return out.empty() ? "none" : out;
}

/// "q4_1 75.3 MB, f32 0.1 MB", the largest first
std::string by_size(const Json& bytes_of) {
  std::vector<std::pair<uint64_t, std::string>> all;
  for (const auto& [dtype, bytes] : bytes_of.items()) all.emplace_back(bytes.get<uint64_t>(), dtype);
  std::sort(all.rbegin(), all.rend());
  std::string out;
  for (const auto& [bytes, dtype] : all)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", dtype, bytes_text(bytes));
  return out;
}

std::string context_line(const Json& found) {
  const uint64_t trained = number_of(found, "context"), used = number_of(found, "context_used");
  if (trained == 0) return "";
  const std::string here = used == trained ? "" : fmt::format(", of which weft uses {}; --ctx changes it", used);
  return fmt::format("context     {} tokens{}\n", trained, here);
}

std::string chat_line(const Json& found) {
  if (found["role"] != WEFT_ROLE_PREDICT_TOKENS) return "";
  if (found.contains("text_missing")) {
    std::string why = text_of(found, "text_missing");
    if (const std::string path = text_of(found, "path") + ": "; why.starts_with(path)) why.erase(0, path.size());
    return "chat        no: " + why + "\n";
  }
  const Json& templates = found["templates"];
  if (templates.empty()) return "chat        no template: lines are continued as they are\n";
  if (templates.size() == 1) return "chat        by the model's template\n";
  std::string names;
  for (const Json& name : templates) names += (names.empty() ? "" : ", ") + name.get<std::string>();
  return "chat        by one of the model's templates: " + one_line(names) + "\n";
}

/// What each graph of the model is good for, by the command that does it.
std::string tasks_line(const Json& found) {
  constexpr std::pair<std::string_view, std::string_view> kCommands[] = {
      {WEFT_ROLE_PREDICT_TOKENS, "run"},          {WEFT_ROLE_HIDDEN_STATES, "embed"},
      {WEFT_ROLE_CLASSIFY_SEQUENCE, "classify"},  {WEFT_ROLE_CLASSIFY_TOKENS, "tag"},
      {WEFT_ROLE_CLASSIFY_SPANS, "answer"},       {WEFT_ROLE_FILL_MASKS, "fill"}};
  std::string names;
  for (const auto& [graph, role] : found["graphs"].items()) {
    for (const auto& [known, command] : kCommands) {
      if (role == known) names += (names.empty() ? "" : ", ") + std::string(command);
    }
  }
  return names.empty() ? "" : "tasks       " + names + "\n";
}

std::string runs_line(const Json& found) {
  const Json& backend = found["backend"];
  if (backend.contains("error")) return "runs        no: " + text_of(backend, "error") + "\n";
  std::string names;
  for (const auto& [name, nodes] : backend["nodes"].items()) names += (names.empty() ? "" : " and ") + name;
  const bool fits = number_of(found, "needed_bytes") <= number_of(found, "memory_bytes");
  return "runs        on " + names + (fits ? "" : ", but this machine has less memory than it wants") + "\n";
}

}  // namespace

std::string inspect_summary(const Json& found) {
  const Needs needs{number_of(found, "bytes"), number_of(found, "cache_bytes"), number_of(found, "needed_bytes"),
                    number_of(found, "memory_bytes")};
  std::string out = "model       " + shown(text_of(found, "path")) + "\n";
  if (found.contains("name")) out += "name        " + text_of(found, "name") + "\n";
  out += fmt::format("family      {}, from {}\n", text_of(found, "architecture"), text_of(found, "format"));
  out += fmt::format("size        {} parameters in {}\n", count_text(number_of(found, "parameters")),
                     bytes_text(number_of(found, "bytes")));
  out += "weights     " + by_size(found["bytes_of"]) + "\n";
  out += context_line(found) + tasks_line(found) + chat_line(found);
  out += "memory      " + needs_text(needs, found["context_used"].get<int64_t>()) + "\n" + runs_line(found);
  for (const Json& note : found["notes"]) out += "note        " + one_line(note.get<std::string>()) + "\n";
  return out;
}

std::string inspect_details(const Json& found) {
  const auto s = [&](const char* key) { return text_of(found, key); };
  std::string out = fmt::format(
      "format      {} ({})\nblueprint   {} ({})\nconverter   {} ({})\nstored as   {}\nread as     {}\nplan        {}\n"
      "graph       {} {}, {} nodes\n",
      s("format"), s("format_plugin"), s("architecture"), s("architecture_plugin"), s("converter"),
      s("converter_plugin"), listed(found["tensors"]), listed(found["read_as"]), listed(found["plan"]), s("graph"),
      s("graph_hash"), number_of(found, "nodes"));
  const Json& backend = found["backend"];
  if (!backend.contains("error")) {
    out += "backend     " + listed(backend["nodes"]) + "\n";
    for (const Json& note : backend["notes"]) out += "            " + one_line(note.get<std::string>()) + "\n";
    for (const auto& [device, taken] : backend["memory"].items())
      out += fmt::format("on {:<8} weights {}, cache of one sequence {}\n", device,
                         bytes_text(taken["weights"].get<uint64_t>()), bytes_text(taken["states"].get<uint64_t>()));
  }
  for (const auto& [key, value] : found["config"].items())
    out += fmt::format("config      {}: {}\n", one_line(key), json_text(value));
  for (const Json& i : found["ignored"]) out += "ignored     " + text_of(i, "tensor") + ": " + text_of(i, "why") + "\n";
  for (const Json& p : found["explain"]) {
    std::string from;
    for (const Json& t : p["from"]) from += (from.empty() ? "" : ", ") + t.get<std::string>();
    out += fmt::format("{:<44} {:<18} {}: {} <- {}\n", text_of(p, "name"), json_text(p["dims"]), text_of(p, "kind"),
                       text_of(p, "why"), one_line(from));
  }
  return out;
}

}  // namespace weft::app
