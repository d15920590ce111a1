#include "tests/opaque/opaque.hpp"

namespace weft::test {

OpaqueEngine::OpaqueEngine(const std::string& options) {
  EngineOptions o;
  o.use_environment = false;
  o.config_text = R"({"plugins": {"options": {"weft.test.opaque": {)" + options + "}}}}";
  o.plugin_paths = {WEFT_BINARY_DIR "/lib/weft/plugins", WEFT_BINARY_DIR "/lib/opaque"};
  o.threads = 2;
  engine_ = std::move(Engine::create(std::move(o))).value();
  const auto found =
      engine_->plugins().interfaces({opaque::kWatchInterface, WEFT_END(opaque::WatchTable, watch), false, {}});
  if (found.empty()) throw std::runtime_error("the plugin opaque was not found, or refuses " + options);
  watch_ = static_cast<const opaque::WatchTable*>(found[0].table)->watch;
}

OpaqueEngine::~OpaqueEngine() {
  EXPECT_EQ(watch_->take_breaches(), "");
  EXPECT_EQ(watch_->live(), (std::array<int64_t, 6>{}))
      << "devices, stores, executables, instances, buffers, timelines";
}

Result<std::shared_ptr<Model>> OpaqueEngine::load(const std::string& path, const std::string& backend,
                                                  const std::string& layers) const {
  LoadOptions o;
  o.backend = backend, o.layers = layers, o.precision = "exact", o.context = 64, o.sequences = 3;
  return Model::load(*engine_, path, o);
}

std::vector<std::shared_ptr<Device>> OpaqueEngine::devices(const std::string& backend) const {
  return std::move(engine_->open_devices(backend)).value();
}

std::set<std::string> backends(const Model& model) { return Json::parse(model.describe())["backends"]; }

WrittenModel::WrittenModel(const std::string& golden) {
  const auto found = family_goldens(golden);
  if (found.empty()) throw std::runtime_error("no golden is called " + golden);
  write_folder(read_family_golden(found.front()), folder_.path());
}

Status Play::run() {
  WEFT_CHECK_OK(open(0));
  WEFT_CHECK_OK(step({{0, 0, 18}}));
  for (const std::size_t twin : {1, 2}) {
    WEFT_TRY(sequences_[twin], session_.fork(sequences_[0]));
  }
  WEFT_CHECK_OK(step({{0, 18, 1}, {1, 30, 3}, {2, 40, 2}}));
  if (session_.rollback(sequences_[1], 18).ok()) WEFT_CHECK_OK(step({{1, 5, 4}, {0, 19, 6}}));
  WEFT_CHECK_OK(session_.close(sequences_[2]));
  WEFT_CHECK_OK(open(2));
  WEFT_CHECK_OK(step({{2, 3, 5}, {0, 25, 9}}));
  return step({{0, 34, 1}, {1, 7, 1}, {2, 8, 1}});
}

Status Play::open(std::size_t which) {
  WEFT_TRY(sequences_[which], session_.open());
  if (!session_.has_encoder()) return {};
  const std::vector<int32_t> ids = {5, 4, 3, 11, 12, 13, 1, 2, static_cast<int32_t>(which), 9};
  const StepItem item{sequences_[which], ids, false};
  return twice([&] { return session_.encode({&item, 1}); });
}

Status Play::step(std::initializer_list<Part> parts) {
  std::vector<std::vector<int32_t>> ids;
  for (const Part& p : parts) {
    ids.emplace_back();
    for (int i = 0; i < p.count; ++i) ids.back().push_back((7 * (p.first + i) + 3) % 41 + 2);
  }
  std::vector<StepItem> items;
  for (const Part& p : parts) items.push_back({sequences_[p.sequence], ids[items.size()], true});
  return twice([&]() -> Status {
    WEFT_TRY(const StepRows rows, session_.step(items));
    logits_.insert(logits_.end(), rows.data, rows.data + rows.rows * rows.width);
    return {};
  });
}

template <class Try>
Status Play::twice(const Try& attempt) {
  const auto lengths = [&] {
    std::vector<int64_t> all;
    for (const SequenceId s : sequences_) all.push_back(session_.length(s).ok() ? *session_.length(s) : -1);
    return all;
  };
  const auto before = lengths();
  Status s = attempt();
  if (s.ok()) return s;
  if (lengths() != before) return Status(s).with_context("a sequence has changed");
  if (first_failure_.ok()) first_failure_ = s;
  return attempt();
}

std::vector<float> played(const Model& model) {
  auto session = model.new_session();
  EXPECT_TRUE(session.ok()) << session.status().message();
  if (!session.ok()) return {};
  Play play(**session);
  const Status s = play.run();
  EXPECT_TRUE(s.ok() && play.first_failure().ok()) << s.message() << play.first_failure().message();
  return play.logits();
}

}  // namespace weft::test
