// The groups of rules: each is checked in a process of its own.
#pragma once

#include "apps/weft/check/reporter.hpp"
#include "apps/weft/check/subject.hpp"

namespace weft::app {

/// In the parent: it opens no library.
void check_manifest(const Subject& subject, Reporter& reporter);

void check_load(const Subject& subject, Reporter& reporter);
void check_query(const Subject& subject, Reporter& reporter);
void check_init(const Subject& subject, Reporter& reporter);
void check_backend(const Subject& subject, Reporter& reporter);
void check_ops(const Subject& subject, Reporter& reporter);
void check_format(const Subject& subject, Reporter& reporter);
void check_model(const Subject& subject, Reporter& reporter);
void check_tokenizer(const Subject& subject, Reporter& reporter);
void check_source(const Subject& subject, Reporter& reporter);

struct Group {
  std::string_view name;
  void (*check)(const Subject&, Reporter&);
  int patience = 1;  // how many times the limit of a group it may take
};
inline constexpr Group kGroups[] = {
    {"load", check_load},
    {"query", check_query},
    {"init", check_init},
    {"backend", check_backend},
    {"op", check_ops, 20},
    {"format", check_format, 4},
    {"model", check_model, 4},
    {"tokenizer", check_tokenizer},
    {"source", check_source},
};

}  // namespace weft::app
