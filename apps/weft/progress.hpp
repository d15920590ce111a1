// What a command is busy with, on a terminal, when it takes longer than a second.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace weft::app {

/// One line on standard error, renewed while the object lives and erased when it ends. Nothing is shown where standard
/// error is no terminal. [one object at a time]
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void now(std::string what);  // [any-thread]
  /// The same for the object that lives now, if one does. [any-thread]
  static void note(std::string what);

  /// Makes room for another line on standard error; a line that is shown comes back. [any-thread]
  static void step_aside();

 private:
  void show();

  std::mutex mutex_;
  std::condition_variable done_;
  std::string what_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace weft::app
