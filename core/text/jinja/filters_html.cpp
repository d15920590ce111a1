// Filters for HTML and URLs. Chat templates do not escape, except where they ask for it.
#include <algorithm>

#include "core/base/error.hpp"
#include "core/text/jinja/functions.hpp"

namespace weft::jinja {
namespace {

/// Replaces each byte by what `other` gives for it; "": the byte stays.
template <class F>
Text replaced_bytes(const Text& s, F&& other) {
  Text out;
  out.reserve(s.size() + s.size() / 8);
  UserCursor user(s);
  std::size_t done = 0;
  for (std::size_t i = 0; i < s.size(); ++i) {
    const auto& instead = other(s.bytes()[i]);
    if (instead.empty()) continue;
    out.append(s, done, i);
    out.append(instead, user.at(i));
    done = i + 1;
  }
  out.append(s, done, s.size());
  return out;
}

Text escaped_text(const Text& s) {
  return replaced_bytes(s, [](char c) -> std::string_view {
    return c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '\'' ? "&#39;" : c == '"' ? "&#34;" : "";
  });
}

Text url_quoted(const Text& s, bool query) {
  return replaced_bytes(s, [&](char c) -> std::string {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                       c == '.' || c == '-' || c == '~' || (c == '/' && !query);
    if (plain) return {};
    return c == ' ' && query ? "+" : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  });
}

Value url_encode(Call& c) {
  if (c.self.is_string() || !iterable(c.self)) return Value::text(c.meter, url_quoted(to_text(c.meter, c.self), false));
  const Value pairs = c.self.is_dict() ? call(c.meter, *find_method(c.self, "items"), c.self, {}) : c.self;
  Text out;
  for (const Value& pair : elements(c.meter, pairs)) {
    const List two = elements(c.meter, pair);
    if (two.size() != 2) fail("urlencode wants pairs");
    if (!out.empty()) out.append("&");
    out.append(url_quoted(to_text(c.meter, two[0]), true));
    out.append("=");
    out.append(url_quoted(to_text(c.meter, two[1]), true));
  }
  return Value::text(c.meter, std::move(out));
}

Value xml_attributes(Call& c) {
  if (!c.self.is_dict()) fail(std::string("xmlattr of a value of type '") + type_name(c.self) + "', expected a dict");
  Text out;
  for (const auto& [key, value] : c.self.entries()) {
    if (value.is_none() || value.is_undefined()) continue;
    if (!key.is_string()) fail("an attribute's name is no string");
    if (key.text().bytes().find_first_of(" \t\n\r\f\v/>=") != std::string::npos)
      fail("invalid character in attribute name: '" + key.text().bytes() + "'");
    if (!out.empty() || c.flag(0, true)) out.append(" ");
    out.append(escaped(c.meter, key));
    out.append("=\"");
    out.append(escaped(c.meter, value));
    out.append("\"");
  }
  return Value::text(c.meter, std::move(out));
}

/// Removes all parts from an `open` mark to a `close` mark; stops where a `close` is missing.
Text without(Meter& meter, const Text& s, std::string_view open, std::string_view close) {
  Text out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = s.view().find(open, at),
                      end = begin == s.view().npos ? begin : s.view().find(close, begin);
    if (end == s.view().npos) break;
    out.append(s, at, begin);
    at = end + close.size();
    meter.take(1);
  }
  out.append(s, at, s.size());
  return out;
}

Value strip_tags(Call& c) {
  Text s = without(c.meter, without(c.meter, to_text(c.meter, c.self), "<!--", "-->"), "<", ">");
  const Value all = Value::text(std::move(s));
  Text out;
  const Value words = call(c.meter, *find_method(all, "split"), all, {});
  for (const Value& word : words.items()) {
    if (!out.empty()) out.append(" ");
    out.append(word.text());
  }
  // The character references that escape() makes; others are rare in text.
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&#39;", "'"}, {"&#34;", "\""}, {"&quot;", "\""}, {"&amp;", "&"}};
  for (const auto& [from, to] : kNames) out = replaced(c.meter, out, Text(std::string(from)), Text(std::string(to)));
  return Value::text(c.meter, std::move(out));
}

Value escape(Call& c) { return c.self.is_safe() ? c.self : Value::text(c.meter, escaped(c.meter, c.self), true); }
Value force_escape(Call& c) { return Value::text(c.meter, escaped_text(to_text(c.meter, c.self)), true); }
Value refuse_urlize(Call&) { fail("'urlize' is not supported: chat templates write no links"); }

constexpr Function kHtmlFilters[] = {
    {"escape", escape}, {"e", escape}, {"forceescape", force_escape},
    {"safe", [](Call& c) { return Value::text(c.meter, to_text(c.meter, c.self), true); }},
    {"urlencode", url_encode}, {"xmlattr", xml_attributes, 0, {"autospace"}}, {"striptags", strip_tags},
    {"urlize", refuse_urlize, 0, {}, Passing::kAny}};

}  // namespace

Text escaped(Meter& meter, const Value& v) {
  const Text s = to_text(meter, v);
  meter.take(s.size() / 64);
  return v.is_safe() ? s : escaped_text(s);
}

std::span<const Function> html_filters() { return kHtmlFilters; }

}  // namespace weft::jinja
