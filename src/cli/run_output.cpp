// SPDX-License-Identifier: Apache-2.0
#include "cli/run_output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "executor/threads.hpp"

namespace promoflow::cli {
namespace {

constexpr std::chrono::seconds kHurriedWait{2};  // Without a byte that is read.
constexpr std::size_t kChunkBytes = 1 << 16;     // Texts up to it are joined.
constexpr std::size_t kDrawnBytesMax = 1 << 14;  // With more to be read nothing is drawn.

/// Whether what is written to both appears in one order: one file, or a terminal each, which is
/// the same one in all but odd cases.
bool go_to_one_place() {
  struct stat out {};
  struct stat error {};
  if (fstat(STDOUT_FILENO, &out) != 0 || fstat(STDERR_FILENO, &error) != 0) { return true; }
  return (out.st_dev == error.st_dev && out.st_ino == error.st_ino) ||
         (isatty(STDOUT_FILENO) != 0 && isatty(STDERR_FILENO) != 0);
}

}  // namespace

/// A queue, and the thread that writes it. The thread owns it, too: where it is stuck in a write
/// that nobody reads, the program ends without it.
class OutputWriter::StreamQueue {
 public:
  static std::shared_ptr<StreamQueue> begin() {
    auto queue = std::make_shared<StreamQueue>();
    detail::start_thread([queue] { queue->run_thread(); }).detach();
    return queue;
  }

  void push(Stream stream, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (ended_ || is_broken(stream)) { return; }
    if (chunks_.empty() || chunks_.back().stream != stream ||
        chunks_.back().text.size() + text.size() > kChunkBytes) {
      chunks_.push_back({stream, {}});
    }
    chunks_.back().text += text;
    pending_ += text.size();
    changed_.notify_all();
  }

  /// Bytes that have not been written.
  std::size_t pending() {
    const std::lock_guard lock(mutex_);
    return pending_;
  }

  void hurry() {
    const std::lock_guard lock(mutex_);
    hurried_ = true;
    changed_.notify_all();
  }

  /// False: something was not read in time.
  bool finish() {
    std::unique_lock lock(mutex_);
    while (!ended_ && pending_ > 0) {
      const std::uint64_t before = written_;
      if (!hurried_) {
        changed_.wait(lock);
      } else if (changed_.wait_for(lock, kHurriedWait) == std::cv_status::timeout &&
                 written_ == before) {
        gave_up_ = true;
        break;
      }
    }
    ended_ = true;
    changed_.notify_all();
    return !gave_up_;
  }

  /// The first errno of standard output.
  int out_error() {
    const std::lock_guard lock(mutex_);
    return errors_[0];
  }

 private:
  struct Chunk {
    Stream stream;
    std::string text;
  };

  /// Nothing more is written to it, and nothing kept for it.
  bool is_broken(Stream stream) const { return errors_[stream == Stream::Out ? 0 : 1] != 0; }

  void run_thread() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return ended_ || !chunks_.empty(); });
      if (ended_) { return; }
      const Chunk chunk = std::move(chunks_.front());
      chunks_.pop_front();
      std::string_view rest = chunk.text;
      while (!rest.empty() && !is_broken(chunk.stream) && !ended_) {
        lock.unlock();
        const bool to_out = chunk.stream == Stream::Out;
        const int error = write_some(to_out ? STDOUT_FILENO : STDERR_FILENO, rest);
        lock.lock();
        errors_[to_out ? 0 : 1] = error;
        ++written_;
      }
      pending_ -= chunk.text.size();
      changed_.notify_all();
    }
  }

  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::deque<Chunk> chunks_{};
  std::array<int, 2> errors_{};
  std::uint64_t written_ = 0;  ///< Pieces that have been written.
  std::size_t pending_ = 0;
  bool hurried_ = false;
  bool gave_up_ = false;
  bool ended_ = false;
};

OutputWriter::OutputWriter()
    : out_(StreamQueue::begin()), error_(go_to_one_place() ? out_ : StreamQueue::begin()) {
  set_output_sink(this);
}

OutputWriter::~OutputWriter() { finish(); }

void OutputWriter::take(Stream stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  erase();
  (stream == Stream::Out ? out_ : error_)->push(stream, text);
}

/// Nothing is drawn where nobody looks: else a terminal that is stopped would fill memory.
void OutputWriter::draw(std::string_view text, std::size_t rows) {
  const std::lock_guard lock(mutex_);
  if (out_->pending() > kDrawnBytesMax) { return; }
  erase();
  out_->push(Stream::Out, text);
  drawn_ = rows;
}

void OutputWriter::erase() {
  if (drawn_ == 0) { return; }
  out_->push(Stream::Out, "\x1b[" + std::to_string(drawn_) + "A\x1b[J");
  drawn_ = 0;
}

void OutputWriter::finish() {
  {
    const std::lock_guard lock(mutex_);
    erase();
  }
  const bool all_out = out_->finish();
  const bool all_error = error_->finish();
  set_output_sink(nullptr);
  // Who has given it up needs no message.
  note_output_error(all_out && all_error ? out_->out_error() : EPIPE);
}

void OutputWriter::hurry() {
  out_->hurry();
  error_->hurry();
}

}  // namespace promoflow::cli
