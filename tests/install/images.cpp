#include <descent/io/images.hpp>

int main() {
  try {
    descent::read_image("no such file.png");
  } catch (const descent::FormatError&) {
    return 0;
  }
  return 1;
}
