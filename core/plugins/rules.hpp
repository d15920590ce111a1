// The rules of the ABI by name: what a host under validation and `weft plugins check` hold plugins to.
// docs/reference/rules.md is made from this table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// One rule. `group`: what is checked together, in a process of its own.
struct Rule {
  std::string_view name, group, demand;
};

// clang-format off
inline constexpr Rule kRules[] = {
    {"manifest.present", "manifest", "A library has a manifest beside it, NAME.weftplugin.json, which names it."},
    {"manifest.well-formed", "manifest", "The manifest is JSON with the keys and types that docs/plugins.md lists."},
    {"manifest.abi", "manifest", "The ABI that the manifest names is one that this host serves."},
    {"manifest.version", "manifest", "The version is numbers with dots between them."},
    {"manifest.provides", "manifest",
     "The manifest promises at least one interface, each with a name, and no two alike."},
    {"manifest.library", "manifest", "The library that the manifest names is a file beside it."},
    {"manifest.sha256", "manifest", "Where the manifest gives the sha256 of its library, it is that."},

    {"load.opens", "load",
     "The library is opened: nothing that it needs is missing, and nothing that runs meanwhile ends the process."},
    {"load.symbol", "load", "The library exports weft_plugin_query_v1."},
    {"load.no-other-symbols", "load", "The library exports nothing else."},
    {"load.process-unchanged", "load",
     "Opening the library and asking it installs no signal handler, and changes neither locale, working directory nor "
     "the mode of floating-point arithmetic."},

    {"query.table", "query", "The query gives a table to a host of this ABI, and throws nothing."},
    {"query.pure", "query", "Asked again, the query gives the same table."},
    {"query.other-hosts", "query",
     "Asked for a host of another major version or of an earlier minor one than the plugin needs, the query gives "
     "NULL or a table that says what it needs."},
    {"table.struct-size", "query", "The plugin's table says its size, which has all fields."},
    {"table.abi", "query", "The table and the manifest say the same ABI."},
    {"table.functions", "query", "init, shutdown and get_interface are not NULL."},
    {"table.id", "query", "The table and the manifest say the same id."},
    {"table.version", "query", "The table and the manifest say the same version."},

    {"init.ok", "init", "init without options succeeds, and throws nothing."},
    {"init.unknown-option", "init", "init refuses an option that the plugin does not know, by its name."},
    {"init.two-hosts", "init", "A second host is served while the first one lives, and after it is gone."},
    {"init.alloc-fails", "init", "Where alloc of the host gives NULL, init gives a status or does without."},
    {"init.new-fails", "init",
     "Where the plugin's own new or malloc gives nothing, init gives a status or does without."},
    {"interface.provides", "init",
     "Each interface that the manifest promises is there, and those that are there are promised."},
    {"interface.names", "init",
     "Each name that the manifest promises is that of a table, and each table's name is promised."},
    {"interface.struct-size", "init", "Each table says its size, which has all required fields."},
    {"interface.functions", "init", "No function of a table is NULL that is not marked so."},
    {"interface.equal-answers", "init", "get_interface gives the same tables when it is asked again, and then NULL."},
    {"interface.unknown", "init",
     "get_interface gives NULL for an interface that nobody knows, and get_extension for such an extension."},
    {"shutdown.ok", "init", "shutdown returns, and throws nothing."},
    {"shutdown.threads", "init", "shutdown joins the plugin's threads."},

    {"backend.device-count", "backend", "device_count gives the same each time that it is asked."},
    {"backend.device-info", "backend",
     "device_info gives a name, and an alignment that is 0 or a power of two up to 4096; it leaves the struct's "
     "header as it is, and writes no byte behind its struct_size."},
    {"backend.device-past-count", "backend",
     "device_info and device_open of a device that is not there give an error."},
    {"backend.steps", "backend",
     "A device without host pointers has all functions of step 2; of step 3 all are there or none."},
    {"backend.open-close", "backend", "A device is opened, closed, and opened again."},
    {"backend.unknown-option", "backend",
     "device_open refuses an option that the backend does not know, with INVALID_ARGUMENT and by its name."},
    {"backend.verdicts", "backend",
     "supports writes one verdict of 0, 1 or 2 for each node and no byte more, and the same each time."},
    {"backend.state-layout", "backend",
     "state_layout gives a size that is not 0 and an alignment that is a power of two, the same each time, and leaves "
     "the struct's header as it is."},
    {"backend.compiles", "backend", "What supports accepts compiles, and runs."},
    {"backend.threads", "backend",
     "Instances of one executable run at the same time on several threads, with equal results."},
    {"backend.inputs-read", "backend",
     "Once a run is over, its results do not depend on what becomes of the inputs' memory."},
    {"backend.alloc-fails", "backend",
     "Where alloc of the host gives NULL, compile, instance_new and execute give a status or do without."},
    {"backend.new-fails", "backend",
     "Where the plugin's own new or malloc gives nothing, compile, instance_new and execute give a status or do "
     "without."},
    {"backend.op.all-bodies", "op", "A composite is what its body says, whatever its name."},
    {"backend.op.all-graphs", "op",
     "Every graph of weft's conformance tests that the backend takes part in gives what it should."},

    {"format.score", "format",
     "locate gives a score up to 100, the same each time, and names the file where it is not 0."},
    {"format.foreign", "format", "Files of other kinds are not taken for the format's."},
    {"format.reads", "format", "A sample is read, and again with equal tensors."},
    {"format.hostile.truncated", "format",
     "A sample whose files are cut short anywhere is refused or read, in bounded time and memory."},
    {"format.hostile.changed", "format",
     "A sample with a changed byte is refused or read, in bounded time and memory."},

    {"converter.score", "model", "probe gives a score up to 100, the same each time."},
    {"converter.plan", "model",
     "A sample that is claimed is planned: each parameter has its tensors, each tensor is used or ignored."},
    {"converter.unknown-type", "model", "probe gives 0 for a model type that nobody knows."},
    {"architecture.deterministic", "model", "Equal configs give equal graphs with equal parameters."},
    {"architecture.unknown-key", "model",
     "A key of the config that the blueprint does not know is refused or logged, by its name."},
    {"architecture.hostile", "model", "A config with values that make no sense is refused or built, in bounded time."},

    {"tokenizer.opens", "tokenizer", "A tokenizer is made of a sample, with a vocabulary that holds together."},
    {"tokenizer.encodes", "tokenizer",
     "Texts become ids of the vocabulary, with offsets in order and inside of the text, the same each time."},
    {"tokenizer.decodes", "tokenizer", "Every id becomes text."},
    {"tokenizer.round-trip", "tokenizer",
     "What the tokens of a text become, where none is unknown, has the same tokens again."},
    {"tokenizer.streams", "tokenizer",
     "Pushed one by one, into several streams in turns and again after flush, ids give the text that they give alone."},
    {"tokenizer.threads", "tokenizer", "Several threads encode at the same time, with equal results."},

    {"source.cancelled", "source", "fetch gives up where the host has cancelled."},
    {"source.not-found", "source",
     "A handle of something that is not there gives NOT_FOUND; where the source cannot tell, because it reaches no "
     "service or must not look, it says so."},
    {"source.fetches", "source",
     "A sample's handle gives an absolute path where something is, the same by resolve, fetch and start, and again."},
    {"source.progress", "source",
     "The progress of a sample's fetch does not go back, exceeds no size, and is told by one call at a time."},
    {"source.malformed", "source", "fetch refuses handles that make no sense."},

    {"memory.canary", "conduct",
     "The plugin writes no byte before or behind the memory that alloc of the host gave, or that a call lends it."},
    {"memory.lent", "conduct",
     "What a call lends the plugin, such as graphs, options and requests, is not reached once the call has returned."},
    {"memory.leak", "conduct", "What alloc of the host gave is freed when shutdown returns."},
    {"memory.double-free", "conduct", "free of the host gets what alloc gave, once."},
    {"memory.free-size", "conduct", "free of the host gets the size and the alignment that alloc was asked for."},
    {"status.leak", "conduct", "Statuses that the plugin has made or was given are returned or freed."},
    {"status.double-free", "conduct", "A status is freed once, and not used afterwards."},
    {"host.after-shutdown", "conduct", "No function of the host is called after shutdown has returned."},
    {"call.one-thread", "conduct", "One thread at a time uses a sink that a call lends the plugin."},
    {"call.throws", "conduct", "No exception leaves a function of the plugin."},
    {"call.ends-process", "conduct", "No function of the plugin ends the process, by exit, abort or a crash."},
    {"call.returns", "conduct", "Every function of the plugin returns in bounded time."},
    {"call.prints", "conduct", "The plugin writes nothing to standard output or standard error."},
};
// clang-format on

}  // namespace weft
