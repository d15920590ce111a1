#include "hub/names.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "hub/client.hpp"
#include "hub/handle.hpp"
#include "hub/refusal.hpp"
#include "hub/settings.hpp"

namespace weft::hub {
namespace {

TEST(Names, Paths_that_lead_out_or_hold_control_characters_are_refused) {
  for (const char* good : {"config.json", "a/b/c.txt", "..a/b..", ".hidden", "h\xc3\xa9.txt"})
    EXPECT_TRUE(check_path(good).ok()) << good;
  for (const char* bad : {"", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/.", "a\nb", "a\x7f", "a\x1b[0m",
                          "a\xc2\x9b" "b"})
    EXPECT_FALSE(check_path(bad).ok()) << bad;
  EXPECT_FALSE(check_path(std::string(256, 'a')).ok());
  EXPECT_FALSE(check_path(std::string("a\0b", 3)).ok());
}

TEST(Names, Origins_have_scheme_host_and_port) {
  EXPECT_EQ(origin("https://HuggingFace.co/x?y"), "https://huggingface.co:443");
  EXPECT_EQ(origin("http://[::1]:8080/x"), "http://[::1]:8080");
  EXPECT_EQ(origin("ftp://host/x"), "");
  EXPECT_EQ(origin("no url"), "");
  EXPECT_NE(origin("https://huggingface.co.evil.com/"), origin("https://huggingface.co/"));
}

TEST(Names, Locations_are_joined_and_other_schemes_refused) {
  EXPECT_EQ(*join_url("https://h/a/b?c", "/d?e=f"), "https://h/d?e=f");
  EXPECT_EQ(*join_url("https://h/a/b", "https://other/x"), "https://other/x");
  for (const char* bad : {"file:///etc/passwd", "gopher://h/x", "https://user:password@h/"})
    EXPECT_FALSE(join_url("https://h/", bad).ok()) << bad;
}

TEST(Names, What_is_shown_has_no_query_no_password_and_no_control_characters) {
  EXPECT_EQ(shown_url("https://u:p@cdn/x?X-Signature=secret#f"), "https://cdn/x");
  EXPECT_EQ(clean("see https://cdn/x?sig=secret now\x1b[31m"), "see https://cdn/x?... now [31m");
  EXPECT_EQ(clean(std::string(1000, 'a')).size(), 300u);
}

TEST(Names, Pages_of_the_hub_are_handles) {
  const std::pair<const char*, const char*> pages[] = {
      {"https://huggingface.co/org/name", "hf://org/name"},
      {"https://huggingface.co/org/name/?not-for-all-audiences=true#usage", "hf://org/name"},
      {"https://hf.co/org/name", "hf://org/name"},
      {"https://mirror.example/org/name/tree/v1", "hf://org/name@v1"},
      {"https://huggingface.co/org/name/tree/refs%2Fpr%2F1/sub", "hf://org/name@refs%2Fpr%2F1/sub"},
      {"https://huggingface.co/org/name/blob/main/a/m.gguf", "hf://org/name@main/a/m.gguf"},
      {"https://huggingface.co/org/name/resolve/main/m.gguf?download=true", "hf://org/name@main/m.gguf"}};
  for (const auto& [page, handle] : pages) EXPECT_EQ(page_as_handle(page, "https://mirror.example"), handle) << page;
  for (const char* other : {"https://example.com/org/name", "hf://org/name", "https://huggingface.co/org",
                            "https://huggingface.co/org/name/discussions/1", "https://huggingface.co.evil.com/a/b",
                            "https://mirror.example/files/m.gguf",
                            "https://huggingface.co/org/name/resolve/main/m.gguf#sha256=00"})
    EXPECT_EQ(page_as_handle(other, "https://mirror.example"), other);
}

TEST(Names, The_token_and_the_home_folder_are_not_shown) {
  Settings s;
  s.token = "hf_secret", s.home = "/home/me";
  EXPECT_EQ(redact(s, "hf_secret in /home/me/.cache"), "*** in ~/.cache");
}

TEST(Settings, Variables_are_read_as_the_official_client_reads_them) {
  std::map<std::string, std::string, std::less<>> set = {
      {"HOME", "/h"}, {"HF_ENDPOINT", "https://mirror/"}, {"HF_HUB_OFFLINE", "yes"}};
  const Variables v = [&](std::string_view name) {
    const auto it = set.find(name);
    return it == set.end() ? std::string() : it->second;
  };
  EXPECT_EQ(read_settings(v, {})->cache, "/h/.cache/huggingface/hub");
  EXPECT_EQ(read_settings(v, {})->endpoint, "https://mirror");
  EXPECT_TRUE(read_settings(v, {})->offline);
  set["HF_HOME"] = "~/x";
  EXPECT_EQ(read_settings(v, {})->token_file, "/h/x/token");
  set["HF_HUB_CACHE"] = "$HOME/${HF_HUB_OFFLINE}/c";
  EXPECT_EQ(read_settings(v, {})->cache, "/h/yes/c");
  set["HF_TOKEN"] = "a\nb";
  EXPECT_FALSE(read_settings(v, {}).ok()) << "would be a header of its own";
  set["HF_TOKEN"] = "";
  EXPECT_FALSE(read_settings(v, {{"nope", 1}}).ok());
  EXPECT_FALSE(read_settings(v, {{"connections", 0u}}).ok());
  set["HF_ENDPOINT"] = "file:///x";
  EXPECT_FALSE(read_settings(v, {}).ok());
}

TEST(Settings, The_kept_token_goes_to_the_hub_alone_and_a_given_one_where_the_user_says) {
  std::map<std::string, std::string, std::less<>> set = {{"HOME", "/h"}};
  const Variables v = [&](std::string_view name) {
    const auto it = set.find(name);
    return it == set.end() ? std::string() : it->second;
  };
  const std::string file = testing::TempDir() + "weft-token-" + std::to_string(getpid());
  std::ofstream(file) << "hf_kept";
  set["HF_TOKEN_PATH"] = file;
  EXPECT_EQ(read_settings(v, {})->token, "hf_kept");
  EXPECT_EQ(read_settings(v, {})->token_note, "");
  set["HF_ENDPOINT"] = "http://127.0.0.1:8080";
  EXPECT_EQ(read_settings(v, {})->token, "hf_kept");
  for (const char* other : {"https://mirror.example", "https://huggingface.co.evil.example", "http://192.0.2.2:8791"}) {
    set["HF_ENDPOINT"] = other;
    EXPECT_EQ(read_settings(v, {})->token, "") << other;
    EXPECT_NE(read_settings(v, {})->token_note.find("without the token"), std::string::npos) << other;
  }
  set["HF_TOKEN"] = "hf_given";
  EXPECT_EQ(read_settings(v, {})->token, "hf_given");
  EXPECT_NE(read_settings(v, {})->token_note.find("gets your token"), std::string::npos);
  std::remove(file.c_str());
}

TEST(Names, A_token_may_go_over_https_and_to_this_machine) {
  for (const char* url : {"https://a.example/x", "http://localhost:1/", "http://127.0.0.1", "http://[::1]:80/"})
    EXPECT_TRUE(is_private_way(url)) << url;
  for (const char* url : {"http://a.example", "http://127.evil.example", "http://localhost.evil.example",
                          "http://192.0.2.2:8791", "http://[2001:db8::1]/", "nonsense"})
    EXPECT_FALSE(is_private_way(url)) << url;
}

TEST(Handles, Name_revision_path_and_quant) {
  const auto h = parse_repo_handle("hf://org/name@refs/pr/3/sub/file.gguf");
  ASSERT_TRUE(h.ok());
  EXPECT_EQ(h->repo, "org/name");
  EXPECT_EQ(h->revision, "refs/pr/3");
  EXPECT_EQ(h->path, "sub/file.gguf");
  EXPECT_EQ(parse_repo_handle("hf://org/name@a%2Fb/c")->revision, "a/b");
  EXPECT_EQ(parse_repo_handle("hf://org/name@v1:Q8_0")->quant, "Q8_0");
  EXPECT_EQ(parse_repo_handle("hf://models/org/name")->repo, "org/name");
  for (const char* bad : {"hf://org", "hf://a/..", "hf://org/name@../x", "hf://org/name/../x",
                          "hf://org/name:", "hf://org/na--me", "hf://org/name@%zz"}) {
    EXPECT_FALSE(parse_repo_handle(bad).ok()) << bad;
  }
  EXPECT_EQ(parse_ollama_handle("ollama://llama3.2:1b")->name, "library/llama3.2");
  EXPECT_EQ(parse_ollama_handle("ollama://host:1/a/b")->host, "host:1");
  EXPECT_FALSE(parse_ollama_handle("ollama://a/../b").ok());
  EXPECT_EQ(parse_kaggle_handle("kaggle://o/m/f/v/12")->version, "12");
  EXPECT_FALSE(parse_kaggle_handle("kaggle://o/m/f/v/x").ok());
}

TEST(Refusal, A_file_above_50_GB_may_need_the_official_client) {
  Response r;
  r.status = 403;
  Asked asked{"hf://o/n", "main", "big.gguf"};
  EXPECT_EQ(refusal(r, "https://cdn/x", asked).message().find("Xet"), std::string_view::npos);
  asked.size = 60000000000;
  EXPECT_NE(refusal(r, "https://cdn/x", asked).message().find("big.gguf has 60.00 GB"), std::string_view::npos);
  r.headers["x-error-code"] = "GatedRepo";
  EXPECT_NE(refusal(r, "https://cdn/x", asked).message().find("gated"), std::string_view::npos);
}

TEST(Client, Waits_as_long_as_the_server_asks) {
  Response r;
  EXPECT_EQ(asked_wait(r), -1);
  r.headers["retry-after"] = "7";
  EXPECT_EQ(asked_wait(r), 8);
  r.headers["ratelimit"] = "\"api\";r=0;t=55";
  EXPECT_EQ(asked_wait(r), 56);
  r.headers["ratelimit"] = "\"api\";r=3;t=55";
  EXPECT_EQ(asked_wait(r), 8);
}

}  // namespace
}  // namespace weft::hub
