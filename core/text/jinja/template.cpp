#include "core/text/jinja/template.hpp"

#include "core/base/controls.hpp"
#include "core/base/error.hpp"
#include "core/text/jinja/evaluator.hpp"

namespace weft {
namespace {

template <class F>
auto within(F&& f) -> Result<decltype(f())> {
  try {
    return f();
  } catch (const jinja::Failure& e) {
    const char* says = e.raised ? "the template says: " : "";
    return error(e.code, "line {}, column {}: {}{}", e.line, e.column, says, one_line(e.message));
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
    t.program_ = std::make_shared<const jinja::Program>(jinja::parse(source));
    return t;
  });
}

Result<RenderedChat> ChatTemplate::render(const Json& context, const TemplateLimits& limits) const {
  return within([&] {
    jinja::Evaluator evaluator(*program_, context, limits);
    jinja::Text text = evaluator.run();
    RenderedChat out;
    for (const jinja::Span& span : text.take_user()) out.user.emplace_back(span.begin, span.end);
    out.text = text.take_bytes();
    return out;
  });
}

}  // namespace weft
