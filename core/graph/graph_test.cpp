#include "core/graph/dump.hpp"
#include "core/graph/inline.hpp"
#include "core/graph/layers.hpp"
#include "core/graph/partition.hpp"
#include "core/graph/test_graph.hpp"
#include "core/graph/view.hpp"

namespace weft {
namespace {

using test::Writer;

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// tokens -> embedding -> matmul -> K written to a state and read back -> square -> matmul.
Graph model(ParamTable& params, std::int64_t hidden = 8) {
  Writer w(params);
  const std::int64_t T = w.free("T");
  auto x = w.node("gather", {w.param("embed", {100, hidden}), w.input("tokens", {T}, WEFT_I32)});
  std::uint32_t id = 0;
  const weft_group g = w.group("main", WEFT_GROUP_PAGED, &id);
  auto k = w.node("matmul", {x, w.param("k", {hidden, hidden})}, {{"tb", {1}}});
  auto written = w.node("scatter", {w.state("k0", id, {hidden}), g.slot, k}, {{"kind", {0}}});
  auto back = w.node("gather", {written, g.slot});
  auto y = w.square_plus(w.square_plus(back));
  w.output("logits", w.node("matmul", {y, w.param("embed", {100, hidden})}, {{"tb", {1}}}));
  return w.finish();
}

DeviceSupport device(std::string name, std::vector<std::string> ops, bool all = false) {
  return {name, [=](const Graph& g, std::vector<std::string>*) -> Result<std::vector<std::uint8_t>> {
            std::vector<std::uint8_t> v;
            for (const Node& n : g.nodes) {
              v.push_back(all || std::find(ops.begin(), ops.end(), n.op) != ops.end());
            }
            return v;
          }};
}
DeviceSupport primitives(std::string name) {
  return {name, [](const Graph& g, std::vector<std::string>*) -> Result<std::vector<std::uint8_t>> {
            std::vector<std::uint8_t> v;
            for (const Node& n : g.nodes) v.push_back(n.body == 0);
            return v;
          }};
}

TEST(Builder, Equal_builds_give_equal_dumps_and_others_do_not) {
  ParamTable a, b, c;
  const Graph x = model(a), y = model(b), z = model(c, 16);
  EXPECT_EQ(dump(x), dump(y));
  EXPECT_EQ(hash(x), hash(y));
  EXPECT_NE(text(hash(x)), text(hash(z)));
  EXPECT_TRUE(has(dump(x), "matmul/1")) << dump(x);
}

TEST(Builder, Equal_bodies_are_stored_once) {
  ParamTable p;
  const Graph g = model(p);
  EXPECT_EQ(g.bodies.size(), 1u);
  EXPECT_EQ(g.bodies[0]->bodies.size(), 1u);
}

TEST(Builder, A_group_makes_its_inputs_and_symbols) {
  ParamTable p;
  const Graph g = model(p);
  ASSERT_EQ(g.groups.size(), 1u);
  EXPECT_EQ(g.values[g.groups[0].table].name, "main.table");
  EXPECT_EQ(g.values[g.groups[0].slot].name, "main.slot");
  EXPECT_EQ(g.symbols[g.groups[0].sym_slots].name, "slots:main");
  EXPECT_EQ(g.symbols[g.groups[0].sym_blocks].name, "B:main");
  EXPECT_EQ(g.states[0].dtype, std::uint32_t{WEFT_F16});
}

TEST(Builder, A_slot_group_has_slot_in_and_no_table) {
  ParamTable p;
  Writer w(p);
  std::uint32_t id = 0;
  const weft_group g = w.group("ssm", WEFT_GROUP_SLOT, &id);
  EXPECT_EQ(g.table, WEFT_NONE);
  EXPECT_EQ(w.dims(g.slot_in), (Dims{w.free("S")}));
  EXPECT_EQ(w.dims(g.slot), (Dims{w.free("T")}));
}

TEST(Builder, Scatter_on_a_state_stays_that_state) {
  ParamTable p;
  const Graph g = model(p);
  for (const Node& n : g.nodes) {
    if (n.op == "scatter") {
      EXPECT_EQ(g.values[n.out[0]].state(), 0u);
    }
    if (n.op == "gather") {
      EXPECT_EQ(g.values[n.out[0]].state(), WEFT_NONE);
    }
  }
}

TEST(Builder, A_composite_that_writes_a_state_returns_that_state) {
  ParamTable p;
  Writer w(p);
  std::uint32_t id = 0;
  const weft_group g = w.group("main", WEFT_GROUP_PAGED, &id);
  auto s = w.state("k", id, {8});
  auto x = w.input("x", {w.free("T"), 8});
  auto in = w.begin("acme.write", {x, s, g.slot});
  auto body = w.end({w.node("scatter", {in[1], in[2], in[0]}, {{"kind", {0}}})});
  w.node("acme.write", {x, s, g.slot}, {}, body);
  const Graph graph = w.finish();
  EXPECT_EQ(graph.values[graph.nodes[0].out[0]].state(), 0u);
}

TEST(Builder, Outer_values_are_refused_inside_a_body) {
  ParamTable p;
  Writer w(p);
  auto x = w.input("x", {4});
  w.begin("acme.op", {x});
  EXPECT_TRUE(has(w.refusal("exp", {x}), "step/acme.op: exp: input 0: value 0 is of another body"));
  std::uint32_t out;
  const Status s = from_abi(w.b.param(w.b.ctx, to_str("w"), 0, nullptr, &out));
  EXPECT_TRUE(has(s.message(), "parameter w inside a body")) << s.message();
  EXPECT_FALSE(w.builder.finish().ok());
}

TEST(Builder, Known_names_return_known_values_or_clash) {
  ParamTable p;
  Writer w(p);
  EXPECT_EQ(w.input("x", {4}), w.input("x", {4}));
  EXPECT_EQ(w.param("w", {4}), w.param("w", {4}));
  EXPECT_EQ(w.scalar(1, 2), w.scalar(1, 2));
  Writer other(p, "encode");
  std::uint32_t out;
  const std::int64_t d = 5;
  const Status s = from_abi(other.b.param(other.b.ctx, to_str("w"), 1, &d, &out));
  EXPECT_EQ(s.message(), "encode: parameter w is declared [5], earlier [4]");
}

TEST(Params, Uses_are_seen_through_bodies) {
  ParamTable p;
  Writer w(p);
  auto x = w.input("x", {w.free("T"), 8});
  auto a = w.param("a", {8, 8}), b = w.param("b", {8, 8}), e = w.param("e", {4, 8, 8}),
       n = w.param("n", {1, 8});
  auto in = w.begin("mlp", {x, a, b, WEFT_NONE});
  auto body = w.end({w.node("matmul", {w.node("matmul", {in[0], in[1]}, {{"tb", {1}}}), in[2]})});
  auto y = w.node("mlp", {x, a, b, WEFT_NONE}, {}, body);
  w.node("matmul_id", {w.input("z", {4, 1, 8}), e, w.input("id", {4, 2}, WEFT_I32)});
  w.node("gather", {a, w.input("i", {3}, WEFT_I32)});
  w.output("y", w.node("mul", {y, n}));
  p.add_uses(w.finish());
  EXPECT_EQ(p.all()[0].uses, std::uint32_t{WEFT_USE_MATMUL_T | WEFT_USE_GATHER});
  EXPECT_EQ(p.all()[1].uses, std::uint32_t{WEFT_USE_MATMUL});
  EXPECT_EQ(p.all()[2].uses, std::uint32_t{WEFT_USE_EXPERT});
  EXPECT_EQ(p.all()[3].uses, std::uint32_t{WEFT_USE_OTHER});
}

TEST(View, Lays_out_the_graph_and_its_bodies) {
  ParamTable p;
  const Graph g = model(p);
  const GraphView view(g);
  const weft_graph* v = view.get();
  EXPECT_EQ(v->n_values, g.values.size());
  EXPECT_EQ(v->n_bodies, 1u);
  EXPECT_EQ(v->bodies[0]->symbols, v->symbols);
  EXPECT_EQ(v->bodies[0]->n_inputs, 1u);
  const weft_node& last = v->nodes[v->n_nodes - 1];
  EXPECT_EQ(to_view(v->op_names[last.op]), "matmul");
  ASSERT_EQ(last.n_attr, 1u);
  EXPECT_EQ(to_view(last.attr[0].key), "tb");
  EXPECT_EQ(to_view(v->output_names[0]), "logits");
}

TEST(Inline, Keeps_shapes_ids_and_outputs) {
  ParamTable p;
  const Graph g = model(p);
  const Inlined one = inline_nodes(g, [](std::size_t) { return true; });
  EXPECT_EQ(one.graph.nodes.size(), g.nodes.size() + 2);
  EXPECT_EQ(one.origin.size(), one.graph.nodes.size());
  const Graph flat = inline_all(g);
  EXPECT_TRUE(flat.bodies.empty());
  EXPECT_EQ(flat.outputs, g.outputs);
  for (std::size_t i = 0; i < g.values.size(); ++i) {
    EXPECT_EQ(flat.values[i].dims, g.values[i].dims);
    EXPECT_EQ(flat.values[i].index, g.values[i].index);
  }
  std::vector<bool> made(flat.values.size());
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = flat.values[i].kind != WEFT_TEMP;
  for (const Node& n : flat.nodes) {
    for (std::uint32_t v : n.in) EXPECT_TRUE(made[v]);
    for (std::uint32_t v : n.out) made[v] = true;
  }
}

TEST(Place, One_device_that_takes_all_gets_one_segment) {
  ParamTable p;
  const Graph g = model(p);
  auto placed = place(g, std::vector{device("all", {}, true)});
  ASSERT_TRUE(placed.ok());
  ASSERT_EQ(placed->segments.size(), 1u);
  EXPECT_EQ(placed->segments[0].graph.nodes.size(), g.nodes.size());
  EXPECT_EQ(placed->segments[0].graph.inputs.size(), g.inputs.size());
  EXPECT_TRUE(placed->notes.empty());
}

TEST(Place, A_matmul_device_gets_the_matmuls_and_the_rest_stays_whole) {
  ParamTable p;
  const Graph g = model(p);
  const std::vector devices{device("blas", {"matmul"}), device("cpu", {}, true)};
  auto placed = place(g, devices);
  ASSERT_TRUE(placed.ok());
  std::vector<std::uint32_t> where;
  for (const Segment& s : placed->segments) where.push_back(s.device);
  EXPECT_EQ(where, (std::vector<std::uint32_t>{1, 0, 1, 0}));
  const Segment &cpu = placed->segments[2], &last = placed->segments[3];
  EXPECT_EQ(cpu.graph.nodes.back().op, "square");  // inlining it would give blas nothing to do
  EXPECT_EQ(cpu.graph.states.size(), 1u);
  EXPECT_EQ(cpu.graph.groups.size(), 1u);
  EXPECT_TRUE(last.graph.states.empty());
  EXPECT_EQ(last.graph.output_names, (std::vector<std::string>{"logits"}));
  // The cut value has the same outer id in both segments.
  const std::uint32_t outer = cpu.to_outer[cpu.graph.outputs[0]];
  EXPECT_EQ(cpu.graph.output_names[0], "cut:" + std::to_string(outer));
  ASSERT_NE(last.from_outer[outer], WEFT_NONE);
  EXPECT_EQ(last.graph.values[last.from_outer[outer]].kind, std::uint32_t{WEFT_INPUT});
  EXPECT_EQ(placed->notes.size(), 3u);  // gather, scatter, square
}

TEST(Place, Composites_are_inlined_when_that_brings_the_first_device_work) {
  ParamTable p;
  const Graph g = model(p);
  auto placed = place(g, std::vector{primitives("reference"), device("cpu", {}, true)});
  ASSERT_TRUE(placed.ok());
  ASSERT_EQ(placed->segments.size(), 1u);
  EXPECT_TRUE(placed->graph.bodies.empty());
}

TEST(Place, A_composite_is_not_opened_for_the_sake_of_one_small_op) {
  ParamTable p;
  const Graph g = model(p);
  std::vector devices{device("add", {"add"}), device("cpu", {}, true)};
  devices[0].own_memory = true;
  auto placed = place(g, devices);
  ASSERT_TRUE(placed.ok());
  EXPECT_FALSE(placed->graph.bodies.empty());
  EXPECT_EQ(placed->segments.size(), 1u);
  devices[0].own_memory = false;  // nothing has to be copied, and the user named it first
  EXPECT_TRUE(place(g, devices)->graph.bodies.empty());
}

// A layer: x -> matmul with weights -> written to a state and read back.
std::uint32_t layer(Writer& w, const weft_group& group, std::uint32_t id, int i, std::uint32_t x) {
  const std::string path = "layers." + std::to_string(i);
  auto k = w.node("matmul", {x, w.param(path + ".k", {8, 8})}, {{"tb", {1}}});
  auto written = w.node("scatter", {w.state(path + ".k", id, {8}), group.slot, k}, {{"kind", {0}}});
  return w.node("gather", {written, group.slot});
}

Graph layers(ParamTable& params, int count) {
  Writer w(params);
  std::uint32_t id = 0;
  const weft_group group = w.group("main", WEFT_GROUP_PAGED, &id);
  auto x = w.node("exp", {w.input("x", {w.free("T"), 8})});
  for (int i = 0; i < count; ++i) x = layer(w, group, id, i, x);
  w.output("y", w.node("sin", {x}));
  return w.finish();
}

TEST(Layers, Are_the_first_numbers_in_names_and_what_lies_between) {
  ParamTable p;
  const Graph g = layers(p, 2);
  EXPECT_EQ(layers_of(g), (std::vector<int64_t>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(layer_count(g), 2);
  ParamTable q;
  EXPECT_EQ(layer_count(model(q)), 0);  // "k0" is no number
}

TEST(Place, Layers_and_their_states_go_to_their_devices) {
  ParamTable p;
  const Graph g = layers(p, 4);
  const std::vector devices{device("a", {}, true), device("b", {}, true)};
  for (std::uint32_t cut = 1; cut < 4; ++cut) {
    std::vector<std::uint32_t> of(4, 1);
    std::fill(of.begin(), of.begin() + cut, 0);
    auto placed = place(g, devices, {.layers = of});
    ASSERT_TRUE(placed.ok()) << placed.status().message();
    ASSERT_EQ(placed->segments.size(), 2u);
    EXPECT_EQ(placed->segments[0].graph.states.size(), cut);
    EXPECT_EQ(placed->segments[1].graph.states.size(), 4 - cut);
    EXPECT_EQ(placed->segments[1].graph.groups.size(), 1u);
    EXPECT_EQ(placed->states().at("layers.3.k"), 1u);
    EXPECT_TRUE(placed->notes.empty());
  }
}

TEST(Place, A_state_that_another_graph_has_put_somewhere_stays_there) {
  ParamTable p;
  const Graph g = layers(p, 2);
  auto placed = place(g, std::vector{device("a", {}, true), device("b", {}, true)}, {.states = {{"layers.1.k", 1}}});
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->states(), (StateDevices{{"layers.0.k", 0}, {"layers.1.k", 1}}));
}

TEST(Place, What_is_not_worth_copying_values_runs_where_its_neighbours_do) {
  ParamTable p;
  Writer w(p);
  auto x = w.input("x", {w.free("T"), 8});
  x = w.node("matmul", {x, w.param("a", {8, 8})}, {{"tb", {1}}});
  x = w.node("sin", {w.node("exp", {w.node("sin", {x})})});
  w.output("y", w.node("matmul", {x, w.param("b", {8, 8})}, {{"tb", {1}}}));
  const Graph g = w.finish();
  std::vector devices{device("card", {"matmul", "exp"}), device("cpu", {}, true)};
  EXPECT_EQ(place(g, devices)->segments.size(), 5u);  // memory is shared, so copying costs nothing
  devices[0].own_memory = true;
  auto placed = place(g, devices);
  ASSERT_TRUE(placed.ok());
  EXPECT_EQ(placed->segments.size(), 3u);
  EXPECT_EQ(placed->segments[1].graph.nodes.size(), 3u);
}

TEST(Place, Nodes_of_one_state_go_to_one_device) {
  ParamTable p;
  const Graph g = model(p);
  const std::vector devices{device("a", {"matmul", "scatter"}), device("cpu", {}, true)};
  auto placed = place(g, devices);
  ASSERT_TRUE(placed.ok());
  for (const Segment& s : placed->segments) {
    for (const Node& n : s.graph.nodes) {
      if (n.op == "scatter") {
        EXPECT_EQ(s.device, 1u);
      }
    }
  }
}

TEST(Place, A_state_written_earlier_is_the_state_in_later_segments) {
  ParamTable p;
  Writer w(p);
  std::uint32_t id = 0;
  const weft_group grp = w.group("main", WEFT_GROUP_PAGED, &id);
  auto x = w.input("x", {w.free("T"), 8});
  auto s = w.node("scatter", {w.state("k", id, {8}), grp.slot, x}, {{"kind", {0}}});
  auto e = w.node("exp", {x});
  w.output("y", w.node("add", {e, w.node("gather", {s, grp.slot})}));
  auto placed = place(w.finish(), std::vector{device("exp", {"exp"}), device("cpu", {}, true)});
  ASSERT_TRUE(placed.ok());
  ASSERT_EQ(placed->segments.size(), 3u);
  const Graph& last = placed->segments[2].graph;
  EXPECT_EQ(last.values[last.nodes[0].in[0]].kind, std::uint32_t{WEFT_STATE});
  EXPECT_TRUE(placed->segments[0].graph.outputs.empty());
}

TEST(Place, Refusals_name_op_and_devices) {
  ParamTable p;
  const Graph g = model(p);
  const std::vector devices{device("blas", {"matmul"}), device("npu", {"gather", "scatter"})};
  const Status s = place(g, devices).status();
  EXPECT_TRUE(has(s.message(), "(add) runs on none of: blas, npu")) << s.message();
  const std::vector strict{device("blas", {"matmul"}), device("cpu", {}, true)};
  const Status t = place(g, strict, {.strict = true}).status();
  EXPECT_TRUE(has(t.message(), "(gather) runs on none of: blas")) << t.message();
}

/// The hash that a backend is told of the body of com.acme.sum, x + x repeated to [2, T]. `more`: how many symbols the
/// graph has before T.
std::array<std::uint64_t, 2> told_hash(int more, std::string_view symbol, float scale, std::string_view inner = "add") {
  ParamTable params;
  Writer w(params);
  for (int i = 0; i < more; ++i) w.free("more" + std::to_string(i));
  const std::int64_t T = w.free(symbol), twice = w.derived(WEFT_SYM_MUL_CONST, T, 2);
  auto x = w.input("x", {T, 2});
  auto in = w.begin("com.acme.sum", {x});
  auto nested = w.begin("com.acme.two", {in[0]});
  auto both = w.node("com.acme.two", {in[0]}, {}, w.end({w.node(inner, {nested[0], nested[0]})}));
  auto flat = w.node("reshape", {w.node("mul", {both, w.scalar(scale, 2)})}, {{"dims", {twice}}});
  w.output("y", w.node("com.acme.sum", {x}, {}, w.end({flat})));
  w.output("z", w.node("exp", {x}));
  const Graph g = w.finish();
  const GraphView view(g);
  const weft_node* nodes = view.get()->nodes;
  EXPECT_EQ(nodes[1].body_hash[0] | nodes[1].body_hash[1], 0u) << "a node without a body";
  EXPECT_TRUE(WEFT_HAS(nodes, weft_node, body_hash));
  return {nodes[0].body_hash[0], nodes[0].body_hash[1]};
}

TEST(Builder, A_body_has_a_hash_by_what_it_says_and_by_what_its_symbols_stand_for) {
  const auto hash = told_hash(0, "T", 1);
  EXPECT_NE(hash[0] | hash[1], 0u);
  EXPECT_EQ(told_hash(3, "T", 1), hash) << "the same symbols by other numbers";
  EXPECT_NE(told_hash(0, "S", 1), hash);
  EXPECT_NE(told_hash(0, "T", 2), hash);
  EXPECT_NE(told_hash(0, "T", 1, "mul"), hash) << "a body inside of the body";
}

TEST(Builder, One_version_of_an_op_has_one_body) {
  ParamTable params;
  Writer w(params);
  auto x = w.input("x", {w.free("T"), 4});
  auto a = w.begin("twice", {x});
  w.node("twice", {x}, {}, w.end({w.node("add", {a[0], a[0]})}));
  auto b = w.begin("twice", {x});
  w.node("twice", {x}, {}, w.end({w.node("add", {b[0], b[0]})}));  // the same body again
  auto c = w.begin("twice", {x});
  const std::uint32_t other = w.end({w.node("mul", {c[0], c[0]})});
  const std::uint32_t in[] = {x};
  std::uint32_t out = WEFT_NONE;
  const Status s = from_abi(w.b.node(w.b.ctx, to_str("twice"), 1, in, 1, nullptr, 0, 0, other, 1, &out));
  EXPECT_NE(s.message().find("twice: version 1 has two bodies"), std::string_view::npos) << s.message();
}

}  // namespace
}  // namespace weft
