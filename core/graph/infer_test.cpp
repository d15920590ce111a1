#include "core/graph/infer.hpp"

#include "core/graph/test_graph.hpp"
#include "weft/sdk/primitives.hpp"

namespace weft {
namespace {

using test::Writer;

bool has(const std::string& text, std::string_view part) { return text.find(part) != text.npos; }

struct Infer : testing::Test {
  ParamTable params;
  Writer w{params};
  std::int64_t T = w.free("T"), S = w.free("S"), Q = w.free("Q");
};

TEST_F(Infer, Each_primitive_of_the_table_has_a_rule_and_there_are_forty) {
  for (const sdk::Op& op : sdk::kPrimitives) EXPECT_TRUE(is_primitive(op.name)) << op.name;
  EXPECT_EQ(std::size(sdk::kPrimitives), 40u);
  EXPECT_FALSE(is_primitive("rms_norm"));
}

TEST_F(Infer, Inputs_and_attributes_are_those_of_the_row) {
  auto x = w.input("x", {T, 64}), i = w.input("i", {T, 64}, WEFT_I32), m = w.input("m", {T, 64}, WEFT_U8);
  EXPECT_TRUE(has(w.refusal("neg", {m}), "neg: input 0 is u8[T,64], expected f32 or i32"));
  EXPECT_TRUE(has(w.refusal("pow", {i, i}), "pow: input 0 is i32[T,64], expected f32"));
  EXPECT_TRUE(has(w.refusal("matmul", {w.input("v", {64}), x}), "input 0 is f32[64], expected [..., M, K]"));
  EXPECT_TRUE(has(w.refusal("concat", {}, {{"axis", {0}}}), "concat: got 0 inputs, expected 1"));
  EXPECT_TRUE(has(w.refusal("cumsum", {x}, {{"axis", {0, 1}}}), "attribute axis has 2 entries, expected 1"));
  EXPECT_TRUE(has(w.refusal("cumsum", {x}, {{"axis", {0}}, {"exclusive", {2}}}), "exclusive is 2, expected 0 or 1"));
  EXPECT_TRUE(has(w.refusal("scatter", {m, w.input("at", {T}, WEFT_I32), m}, {{"kind", {1}}}), "to add to"));
}

TEST_F(Infer, Floats_of_16_bits_are_moved_and_cast_and_nothing_else) {
  auto h = w.input("h", {T, 64}, WEFT_F16), b = w.input("b", {T, 64}, WEFT_BF16), at = w.input("at", {T}, WEFT_I32);
  EXPECT_EQ(w.dtype(w.node("gather", {h, at}, {{"axis", {0}}})), std::uint32_t{WEFT_F16});
  EXPECT_EQ(w.dtype(w.node("cast", {h}, {{"dtype", {WEFT_BF16}}})), std::uint32_t{WEFT_BF16});
  EXPECT_TRUE(has(w.refusal("concat", {h, b}, {{"axis", {0}}}), "expected one dtype"));
  EXPECT_TRUE(has(w.refusal("add", {h, h}), "add: input 0 is f16[T,64], expected f32 or i32"));
  EXPECT_TRUE(has(w.refusal("compare", {b, b}, {{"kind", {0}}}), "input 0 is bf16[T,64], expected f32 or i32 or u8"));
  EXPECT_TRUE(has(w.refusal("scatter", {h, at, h}, {{"kind", {1}}}), "to add to"));
  EXPECT_TRUE(has(w.refusal("cast", {h}, {{"dtype", {WEFT_F64}}}), "dtype is 4, expected f32 or f16 or bf16"));
}

TEST_F(Infer, Binary_broadcasts_size_one_and_wants_equal_rank) {
  auto x = w.input("x", {T, 64}), y = w.input("y", {1, 64}), z = w.input("z", {64});
  EXPECT_EQ(w.dims(w.node("add", {x, y})), (Dims{T, 64}));
  EXPECT_EQ(w.refusal("add", {x, z}),
            "step: add: inputs have shapes [T,64] and [64], expected equal rank");
  EXPECT_TRUE(has(w.refusal("mul", {x, w.input("s", {S, 64})}), "axis 0 is neither equal nor 1"));
  EXPECT_TRUE(
      has(w.refusal("exp", {w.input("i", {T}, WEFT_I32)}), "exp: input 0 is i32[T], expected f32"));
}

TEST_F(Infer, Attributes_are_checked) {
  auto x = w.input("x", {T, 64});
  EXPECT_TRUE(has(w.refusal("reduce", {x}, {{"kind", {0}}}), "reduce: attribute axis is missing"));
  EXPECT_TRUE(has(w.refusal("exp", {x}, {{"fast", {1}}}), "exp: unknown attribute fast"));
  EXPECT_TRUE(has(w.refusal("reduce", {x}, {{"kind", {3}}, {"axis", {0}}}), "kind is 3"));
  EXPECT_TRUE(has(w.refusal("reduce", {x}, {{"kind", {0}}, {"axis", {2}}}), "axis is 2"));
  EXPECT_TRUE(has(w.refusal("frobnicate", {x}), "frobnicate is not a primitive"));
  EXPECT_TRUE(has(w.refusal("add", {x}), "add: got 1 inputs, expected 2"));
  EXPECT_TRUE(has(w.refusal("add", {x, WEFT_NONE}), "add: input 1 is absent"));
}

TEST_F(Infer, Reduce_keeps_or_drops_its_axis) {
  auto x = w.input("x", {T, 64});
  EXPECT_EQ(w.dims(w.node("reduce", {x}, {{"kind", {0}}, {"axis", {1}}, {"keep", {1}}})),
            (Dims{T, 1}));
  EXPECT_EQ(w.dims(w.node("reduce", {x}, {{"kind", {1}}, {"axis", {0}}})), (Dims{64}));
}

TEST_F(Infer, Compare_gives_masks_that_select_takes) {
  auto x = w.input("x", {T, 4});
  auto m = w.node("compare", {x, w.scalar(0, 2)}, {{"kind", {4}}});
  EXPECT_EQ(w.dtype(m), std::uint32_t{WEFT_U8});
  EXPECT_EQ(w.dims(w.node("select", {m, x, w.scalar(0, 2)})), (Dims{T, 4}));
  EXPECT_TRUE(has(w.refusal("select", {x, x, x}), "select: input 0 is f32[T,4], expected u8"));
}

TEST_F(Infer, Reshape_compares_products_of_symbols) {
  auto x = w.input("x", {S, Q, 4, 16});
  const std::int64_t sq = w.derived(WEFT_SYM_MUL, Q, S);
  EXPECT_EQ(w.dims(w.node("reshape", {x}, {{"dims", {sq, 64}}})), (Dims{sq, 64}));
  const std::int64_t s64 = w.derived(WEFT_SYM_MUL_CONST, S, 64);
  EXPECT_EQ(w.dims(w.node("reshape", {x}, {{"dims", {Q, s64}}})), (Dims{Q, s64}));
  EXPECT_TRUE(has(w.refusal("reshape", {x}, {{"dims", {T, 64}}}),
                  "reshape: f32[S,Q,4,16] to [T,64] changes the number of elements"));
  EXPECT_TRUE(has(w.refusal("reshape", {x}, {{"dims", {~99}}}), "unknown symbol 99"));
}

TEST_F(Infer, Concat_and_pad_derive_symbols) {
  auto x = w.input("x", {T, 3}), y = w.input("y", {S, 3}), z = w.input("z", {2, 3});
  const std::int64_t sum = w.derived(WEFT_SYM_ADD_CONST, w.derived(WEFT_SYM_ADD, T, S), 2);
  EXPECT_EQ(w.dims(w.node("concat", {x, z, y}, {{"axis", {0}}})), (Dims{sum, 3}));
  EXPECT_EQ(w.dims(w.node("pad", {x}, {{"axis", {0}}, {"before", {1}}, {"after", {2}}})),
            (Dims{w.derived(WEFT_SYM_ADD_CONST, T, 3), 3}));
  EXPECT_TRUE(has(w.refusal("concat", {x, y}, {{"axis", {1}}}), "concat: input 1 is f32[S,3]"));
}

TEST_F(Infer, Division_makes_strides_and_merges_of_axes_of_any_length) {
  const std::int64_t half = w.derived(WEFT_SYM_DIV_CONST, T, 2), even = w.derived(WEFT_SYM_MUL_CONST, half, 2);
  auto x = w.input("x", {T, 8});
  auto whole = w.node("slice", {x}, {{"axis", {0}}, {"start", {0}}, {"size", {even}}});
  EXPECT_EQ(w.dims(w.node("reshape", {whole}, {{"dims", {half, 16}}})), (Dims{half, 16}));
  EXPECT_TRUE(has(w.refusal("reshape", {x}, {{"dims", {half, 16}}}), "changes the number of elements"));
  auto y = w.node("conv", {w.input("y", {1, T, 4}), w.param("c", {6, 3, 4})}, {{"stride", {2}}, {"pad", {1, 1}}});
  EXPECT_EQ(w.dims(y), (Dims{1, w.derived(WEFT_SYM_DIV_CONST, w.derived(WEFT_SYM_ADD_CONST, T, 1), 2), 6}));
}

TEST_F(Infer, Slice_takes_symbols_and_stays_inside) {
  auto x = w.input("x", {w.derived(WEFT_SYM_ADD_CONST, S, 1)});
  EXPECT_EQ(w.dims(w.node("slice", {x}, {{"axis", {0}}, {"start", {1}}, {"size", {S}}})),
            (Dims{S}));
  EXPECT_TRUE(has(w.refusal("slice", {x}, {{"axis", {0}}, {"start", {2}}, {"size", {S}}}),
                  "slice: start 2"));
  auto y = w.input("y", {8});
  EXPECT_TRUE(
      has(w.refusal("slice", {y}, {{"axis", {0}}, {"start", {4}}, {"size", {5}}}), "leave axis 0"));
}

TEST_F(Infer, Transpose_broadcast_iota_and_cast) {
  auto x = w.input("x", {T, 1, 8});
  EXPECT_EQ(w.dims(w.node("transpose", {x}, {{"perm", {2, 0, 1}}})), (Dims{8, T, 1}));
  EXPECT_TRUE(has(w.refusal("transpose", {x}, {{"perm", {0, 0, 1}}}), "no permutation"));
  EXPECT_EQ(w.dims(w.node("broadcast", {x}, {{"dims", {T, 4, 8}}})), (Dims{T, 4, 8}));
  EXPECT_TRUE(has(w.refusal("broadcast", {x}, {{"dims", {1, 4, 8}}}), "does not broadcast"));
  auto i = w.node("iota", {}, {{"dims", {1, Q}}, {"axis", {1}}, {"dtype", {WEFT_I32}}});
  EXPECT_EQ(w.dims(i), (Dims{1, Q}));
  EXPECT_EQ(w.dtype(w.node("cast", {i}, {{"dtype", {WEFT_F32}}})), std::uint32_t{WEFT_F32});
  EXPECT_TRUE(has(w.refusal("cast", {i}, {{"dtype", {WEFT_I64}}}), "expected f32 or f16 or bf16"));
}

TEST_F(Infer, Gather_and_scatter_index_rows) {
  auto x = w.input("x", {100, 4, 8}), i = w.input("i", {S, Q}, WEFT_I32);
  EXPECT_EQ(w.dims(w.node("gather", {x, i})), (Dims{S, Q, 4, 8}));
  auto rows = w.input("rows", {T, Q}, WEFT_I32), at = w.input("at", {T, 1}, WEFT_I32);
  EXPECT_EQ(w.dims(w.node("gather", {rows, at}, {{"axis", {1}}, {"batch", {1}}})), (Dims{T, 1}));
  EXPECT_TRUE(has(w.refusal("gather", {x, x}), "gather: input 1 is f32[100,4,8], expected i32"));
  auto u = w.input("u", {S, Q, 4, 8});
  EXPECT_EQ(w.dims(w.node("scatter", {x, i, u}, {{"kind", {0}}})), (Dims{100, 4, 8}));
  EXPECT_TRUE(has(w.refusal("scatter", {x, i, x}, {{"kind", {0}}}),
                  "scatter: input 2 is f32[100,4,8], expected [S,Q,4,8]"));
}

TEST_F(Infer, Matmul_checks_inner_sizes_and_batches) {
  auto x = w.input("x", {S, 2, 1, Q, 64}), k = w.input("k", {S, 1, 4, 32, 64}),
       b = w.param("w", {10, 64});
  EXPECT_EQ(w.dims(w.node("matmul", {x, k}, {{"tb", {1}}})), (Dims{S, 2, 4, Q, 32}));
  EXPECT_EQ(w.dims(w.node("matmul", {x, b}, {{"tb", {1}}})), (Dims{S, 2, 1, Q, 10}));
  EXPECT_TRUE(has(w.refusal("matmul", {x, b}),
                  "matmul: inner sizes of f32[S,2,1,Q,64] and f32[10,64] are 64 and 10"));
  EXPECT_TRUE(has(w.refusal("matmul", {x, b}, {{"tb", {2}}}), "tb is 2"));
}

TEST_F(Infer, Matmul_id_picks_experts) {
  auto a = w.input("a", {T, 1, 64}), e = w.param("e", {8, 32, 64}),
       id = w.input("id", {T, 2}, WEFT_I32);
  EXPECT_EQ(w.dims(w.node("matmul_id", {a, e, id})), (Dims{T, 2, 32}));
  EXPECT_TRUE(
      has(w.refusal("matmul_id", {a, w.param("f", {8, 64, 32}), id}), "matmul_id: inputs are"));
}

TEST_F(Infer, Conv_is_channels_last) {
  auto x = w.input("x", {1, 224, 224, 3}), k = w.param("k", {64, 16, 16, 3});
  EXPECT_EQ(w.dims(w.node("conv", {x, k}, {{"stride", {16, 16}}})), (Dims{1, 14, 14, 64}));
  auto t = w.input("t", {1, T, 8}), d = w.param("d", {8, 4, 1});
  EXPECT_EQ(w.dims(w.node("conv", {t, d}, {{"pad", {3, 0}}, {"groups", {8}}})), (Dims{1, T, 8}));
  EXPECT_TRUE(has(w.refusal("conv", {t, d}, {{"groups", {3}}}), "conv: 8 channels in 3 groups"));
  EXPECT_TRUE(has(w.refusal("scan", {t}), "scan: attribute n_carry is missing"));
}

TEST(Symbols, Resolve_computes_derived_sizes_and_refuses_bad_ones) {
  SymbolTable t([](std::string_view n) { return n == "S" ? 4 : std::int64_t{1} << 40; });
  const auto s = *t.free("S"), q = *t.free("Q");
  const auto sq = *t.derive(WEFT_SYM_MUL, q, s, 0);
  EXPECT_EQ(sq, *t.derive(WEFT_SYM_MUL, s, q, 7));
  ASSERT_TRUE(t.derive(WEFT_SYM_MUL, sq, sq, 0).ok());
  Graph g{.name = "step", .symbols = t.take()};
  auto sizes = resolve_symbols(g, {{"S", 3}, {"Q", 5}});
  ASSERT_TRUE(sizes.ok());
  EXPECT_EQ(*sizes, (std::vector<std::int64_t>{3, 5, 15, 225}));
  EXPECT_EQ(resolve_symbols(g, {{"S", 3}}).status().message(), "graph step: symbol Q has no size");
  EXPECT_EQ(resolve_symbols(g, {{"S", 5}, {"Q", 1}}).status().message(),
            "graph step: symbol S is 5, expected 0 to 4");
  EXPECT_EQ(resolve_symbols(g, {{"S", 3}, {"Q", -1}}).status().code(), Code::kOutOfRange);
  auto over = resolve_symbols(g, {{"S", 4}, {"Q", std::int64_t{1} << 40}});
  EXPECT_TRUE(has(std::string(over.status().message()), "overflows")) << over.status().message();
}

TEST(Symbols, A_quotient_is_rounded_down_and_names_what_it_is) {
  SymbolTable t([](std::string_view) { return 9; });
  const auto T = *t.free("T"), third = *t.derive(WEFT_SYM_DIV_CONST, T, WEFT_NONE, 3);
  EXPECT_EQ(t.all()[third].name, "(T/3)");
  EXPECT_EQ(t.all()[third].max, 3);
  EXPECT_EQ(*t.derive(WEFT_SYM_DIV_CONST, T, WEFT_NONE, 1), T);
  for (const std::int64_t k : {0, -3}) EXPECT_FALSE(t.derive(WEFT_SYM_DIV_CONST, T, WEFT_NONE, k).ok());
  Graph g{.name = "step", .symbols = t.take()};
  for (const std::int64_t size : {0, 2, 3, 8, 9}) EXPECT_EQ((*resolve_symbols(g, {{"T", size}}))[third], size / 3);
}

TEST(Symbols, A_blueprint_bounds_its_own_symbols_and_the_host_may_bound_them_further) {
  SymbolTable t([](std::string_view name) -> std::int64_t { return name == "images" ? 4 : 0; });
  EXPECT_EQ(t.max(~static_cast<std::int64_t>(*t.free("images", 100))), 4);
  EXPECT_EQ(t.max(~static_cast<std::int64_t>(*t.free("patches", 100))), 100);
  EXPECT_EQ(t.max(~static_cast<std::int64_t>(*t.free("patches"))), 100);
  EXPECT_FALSE(t.free("bands", -1).ok());
}

}  // namespace
}  // namespace weft
