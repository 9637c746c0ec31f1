// Kills a training program, or one that searches, at random times, resumes it, and compares its results:
//
//   kill PROGRAM KILLS SEED
//
// The program keeps its checkpoints, files *.ckpt, in one folder, and writes its result at the end.
//
// Each trial starts a new run, kills it (SIGKILL) before its end, and then resumes it until its end. Every other one is
// killed at a random time, the others within the first write of a checkpoint after a random time.

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <string>
#include <system_error>
#include <thread>

#include "temporary_folder.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Run {
  std::string program;
  std::filesystem::path folder;
  std::string checkpoint = folder / "run.ckpt", result_file = folder / "result";

  pid_t start() const {
    const pid_t child = fork();
    if (child == 0) {
      execl(program.c_str(), program.c_str(), checkpoint.c_str(), result_file.c_str(), nullptr);
      _exit(127);
    }
    return child;
  }
  void run_to_end() const {
    int status = 0;
    waitpid(start(), &status, 0);
    if (status != 0) {
      std::cerr << "expected " << program << " to exit with status 0, got " << status << '\n';
      std::exit(1);
    }
  }
  /// True if the folder has a file with this extension. Files may come and go meanwhile.
  bool has(const std::string& extension) const {
    std::error_code error;
    for (std::filesystem::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error))
      if (at->path().extension() == extension) return true;
    return false;
  }
  bool is_in_write() const { return has(".part"); }
  std::string result() const {
    std::ifstream in{result_file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
};

bool has_ended(pid_t child) {
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == child;
}

}  // namespace

int main(int, char** arguments) {
  const int trials = std::atoi(arguments[2]);
  const auto seed = static_cast<unsigned>(std::atoi(arguments[3]));
  const support::TemporaryFolder folder;
  const Run run{arguments[1], folder.path};
  const auto clear = [&] {
    for (const auto& entry : std::filesystem::directory_iterator{folder.path})
      std::filesystem::remove(entry.path());
  };

  run.run_to_end();
  const std::string expected = run.result();
  clear();
  const auto begin = Clock::now();
  run.run_to_end();
  const Seconds duration = Clock::now() - begin;
  if (expected.empty() || run.result() != expected) {
    std::cerr << "expected two uninterrupted runs to end with the same result\n";
    return 1;
  }

  std::mt19937 random{seed};  // the same numbers on each machine, but not the same times
  int killed = 0, too_late = 0, in_write = 0, resumed = 0, wrong = 0;
  while (killed < trials) {
    clear();
    const pid_t child = run.start();
    std::this_thread::sleep_for(duration * (static_cast<double>(random()) / 4294967296.0));
    if (killed % 2 == 1)
      while (!run.is_in_write() && !has_ended(child)) continue;
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status)) {  // the run had ended
      if (++too_late > 10 * trials) return 1;
      continue;
    }
    ++killed;
    in_write += run.is_in_write();
    resumed += run.has(".ckpt");
    std::filesystem::remove(run.result_file);
    run.run_to_end();
    wrong += run.result() != expected;
  }
  std::cout << "killed " << killed << " times, " << in_write << " of them in a write; " << resumed
            << " runs had a checkpoint to resume from; " << wrong << " ended with another result\n";
  const bool is_conclusive = in_write > 0 && resumed > 0;
  return wrong == 0 && is_conclusive ? 0 : 1;
}
