// The standard streams, checked: output that cannot be written is an error, never a crash.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/base/json.hpp"
#include "weft/status.hpp"

namespace weft::app {

/// Opens /dev/null for standard descriptors that are closed, so that no file opened later takes their numbers, and
/// turns SIGPIPE into a failing write.
void prepare_standard_streams();
/// Ends the process quietly, as SIGPIPE would have, if the reader of standard output has gone (weft list | head -1).
/// Where SIGPIPE was ignored already, the failing write stays an error.
void end_if_reader_has_gone();

/// Whether print() gives terminals what a terminal obeys, too: --raw-output.
bool& raw_output();
/// Writes to standard output, buffered; to a terminal as for_terminal() makes it. UNAVAILABLE when it cannot be
/// written.
Status print(std::string_view text);
Status flush_output();
/// Prints what `answer` makes of each line of standard input, at once, since who asks line by line waits for it. An
/// error names the number of its line.
Status answer_lines(const std::function<Result<std::string>(const std::string&)>& answer);

/// "1 file", "2 files"
std::string counted(uint64_t n, std::string_view noun);
/// Ill-formed UTF-8 in strings becomes U+FFFD. `indent` -1: one line.
std::string json_text(const Json& value, int indent = -1);
/// The text in one line, with "~" for the user's home folder: for messages, which users pass on.
std::string shown(std::string_view text);

}  // namespace weft::app
