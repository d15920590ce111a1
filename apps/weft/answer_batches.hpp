// Lines of standard input that are answered together.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apps/weft/answers.hpp"
#include "weft/status.hpp"

namespace weft::app {

/// One text for each line.
using AnswerLines = std::function<Result<std::vector<std::string>>(std::span<const std::string> lines)>;

/// Adds to `answers` what `answer` makes of the lines of standard input, in their order. Lines that are there at once
/// are answered together, up to `most`; who asks line by line gets each answer before the next line. Where lines
/// together have an error, they are answered one by one: the error names the number of its line, and the lines before
/// it are answered.
Status answer_batches(std::size_t most, Answers& answers, const AnswerLines& answer);

}  // namespace weft::app
