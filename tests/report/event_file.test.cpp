#include "descent/report/event_file.hpp"

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "catch.hpp"
#include "descent/training/history.hpp"
#include "temporary_folder.hpp"

namespace event_file_test {

using namespace descent;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Returns bytes that are given as hexadecimal digits, with spaces between.
std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 3)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

// RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms.
TEST_CASE("write_events: the checksum is CRC-32C") {
  CHECK(detail::crc32c("123456789") == 0xE3069283);
  CHECK(detail::crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(detail::crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  CHECK(detail::crc32c(ascending) == 0x46DD794E);
}

// Each file that TensorFlow writes begins with these 12 bytes: the length 24 of its first event and the masked checksum
// of the length.
TEST_CASE("write_events: a file begins as those of TensorFlow") {
  support::TemporaryFolder folder;
  const std::string path = (folder.path / "events.out.tfevents.1").string();
  write_events(path, History{}, 1);
  const std::string bytes = bytes_of(path);
  CHECK(bytes.substr(0, 12) == from_hex("18 00 00 00 00 00 00 00 a3 7f 4b 22"));
  // Field 1, a double, 1.0; field 3, a text of 13 bytes.
  CHECK(bytes.substr(12, 24) == from_hex("09 00 00 00 00 00 00 f0 3f 1a 0d") + std::string{"brain.Event:2"});
  CHECK(bytes.size() == 12 + 24 + 4);
}

// By hand from event.proto and summary.proto: Event{wall_time = 1: double, step = 2: int64, summary = 5: message},
// Summary{value = 1: message}, Value{tag = 1: text, simple_value = 2: float}.
TEST_CASE("write_events: an event has the time, the epoch, the name and the value") {
  CHECK(detail::scalar_event(2, 300, "loss", 0.5) ==
        from_hex("09 00 00 00 00 00 00 00 40 10 ac 02 2a 0d 0a 0b 0a 04") + "loss" +
            from_hex("15 00 00 00 3f"));
}

TEST_CASE("write_events: a file has an event for each metric and epoch, and for the learning rate") {
  History history;
  history.add_epoch({{"loss", 0.5}, {"val_loss", 0.75}}, 0.1, 2);
  history.add_epoch({{"loss", 0.25}, {"val_loss", 0.5}}, 0.1, 3);
  support::TemporaryFolder folder;
  const std::string path = (folder.path / "events.out.tfevents.1").string();
  write_events(path, history, 100);
  std::string expected = bytes_of(path).substr(0, 40);
  for (const std::string& event :
       {detail::scalar_event(102, 1, "loss", 0.5), detail::scalar_event(102, 1, "val_loss", 0.75),
        detail::scalar_event(102, 1, "learning_rate", 0.1), detail::scalar_event(105, 2, "loss", 0.25),
        detail::scalar_event(105, 2, "val_loss", 0.5), detail::scalar_event(105, 2, "learning_rate", 0.1)})
    expected += detail::tf_record(event);
  CHECK(bytes_of(path) == expected);
}

}  // namespace event_file_test
