// The file that keeps what was typed in chats.
#pragma once

#include <string>

namespace weft::app {

/// $XDG_STATE_HOME/weft/history (~/.local/state/weft/history), whose folders are made with mode 0700. "" where there
/// can be none, or where what lies there is no regular file: a link to /dev/null in its place keeps no history.
std::string history_file();

}  // namespace weft::app
