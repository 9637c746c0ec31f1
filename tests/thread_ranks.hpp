#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <descent/parallel/communicator.hpp>
#include <exception>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace support {

/// The place where threads meet that play the ranks of a job.
struct Meeting {
  explicit Meeting(int size) : bytes(static_cast<std::size_t>(size)) {}

  void wait() {
    std::unique_lock lock{mutex};
    if (++arrived == bytes.size()) {
      arrived = 0;
      ++round;
      return changed.notify_all();
    }
    const int now = round;
    changed.wait(lock, [&] { return ended || round != now; });
    if (round == now) throw std::runtime_error{"ended by another rank"};
  }
  void end() {
    const std::lock_guard lock{mutex};
    ended = true;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::size_t arrived = 0;
  int round = 0;
  bool ended = false;
  std::vector<std::string> bytes;
};

/// A communicator between threads of this process, so that what ranks compute is tested without MPI.
class ThreadRank final : public descent::Communicator {
 public:
  ThreadRank(Meeting& meeting, int rank) : meeting_{meeting}, rank_{rank} {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(meeting_.bytes.size()); }
  void all_reduce_sum(std::span<float> numbers) override { sum(numbers); }
  void all_reduce_sum(std::span<double> numbers) override { sum(numbers); }
  std::int64_t max(std::int64_t number) override {
    std::int64_t most = number;
    all_gather({reinterpret_cast<const char*>(&number), sizeof number}, [&](std::string_view bytes) {
      std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(&number));
      most = std::max(most, number);
    });
    return most;
  }
  void all_gather(std::string_view bytes, descent::FunctionRef<void(std::string_view)> take) override {
    meeting_.bytes[static_cast<std::size_t>(rank_)] = bytes;
    meeting_.wait();
    const std::vector<std::string> all = meeting_.bytes;
    meeting_.wait();
    for (const std::string& each : all) take(each);
  }
  void broadcast(std::string& bytes) override {
    int rank = 0;
    std::string first;
    all_gather(bytes, [&](std::string_view each) {
      if (rank++ == 0) first = each;
    });
    bytes = first;
  }
  void barrier() override { meeting_.wait(); }
  void end_all() override { meeting_.end(); }

 private:
  template <class T>
  void sum(std::span<T> numbers) {
    const std::string own{reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
    std::vector<T> total(numbers.size(), T(0)), other(numbers.size());
    all_gather(own, [&](std::string_view bytes) {
      if (bytes.size() != numbers.size_bytes()) throw std::runtime_error{"ranks sum different numbers"};
      std::copy_n(bytes.data(), bytes.size(), reinterpret_cast<char*>(other.data()));
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += other[i];
    });
    std::copy(total.begin(), total.end(), numbers.begin());
  }

  Meeting& meeting_;
  int rank_;
};

/// Calls f(communicator) on each of `size` ranks and returns the messages of their exceptions, empty for none.
std::vector<std::string> on_ranks(int size, auto&& f) {
  Meeting meeting{size};
  std::vector<std::string> messages(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      ThreadRank communicator{meeting, rank};
      try {
        f(communicator);
      } catch (const std::exception& error) {
        messages[static_cast<std::size_t>(rank)] = error.what();
        meeting.end();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return messages;
}

}  // namespace support
