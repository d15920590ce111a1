#include "core/text/jinja/template.hpp"

#include "core/base/error.hpp"
#include "core/text/jinja/interpreter.hpp"

namespace weft {
namespace {

template <class F>
auto within(F&& f) -> Result<decltype(f())> {
  try {
    return f();
  } catch (const jinja::Failure& e) {
    return invalid("line {}: {}", e.line, e.message);
  } catch (const std::bad_alloc&) {
    return error(Code::kResourceExhausted, "out of memory in a template");
  } catch (const std::exception& e) {
    return error(Code::kInternal, "template: {}", e.what());
  }
}

}  // namespace

Result<ChatTemplate> ChatTemplate::parse(std::string_view source) {
  return within([&] {
    ChatTemplate t;
    t.root_ = std::shared_ptr<const jinja::Node>(jinja::parse(source));
    return t;
  });
}

Result<std::string> ChatTemplate::render(const Json& context, const TemplateLimits& limits) const {
  return within([&] { return jinja::run(*root_, context, limits); });
}

}  // namespace weft
