#include "client/stroke_font.h"

#include <array>
#include <limits>
#include <vector>

namespace sluice::client {
namespace {

// A glyph is polylines on a grid 8 wide and 12 high, y down. A point is two hexadecimal digits, x
// and y; a space lifts the pen.
struct Glyph {
  char character;
  int width;
  std::string_view strokes;
};

constexpr int kGridHeight = 12;
constexpr int kGap = 4;  // between letters
constexpr double kStrokeWidth = 1.5;

constexpr std::array kGlyphs{
    Glyph{'A', 8, "0C408C 1979"},
    Glyph{'B', 7, "000C 0050617274655606 5667787A6B5C0C"},
    Glyph{'C', 8, "827150301103091B3C5C7B8A"},
    Glyph{'D', 8, "000C4C6B8983614000"},
    Glyph{'E', 7, "70000C7C 0656"},
    Glyph{'F', 7, "70000C 0656"},
    Glyph{'G', 8, "827150301103091B3C5C7B898757"},
    Glyph{'H', 8, "000C 808C 0686"},
    Glyph{'I', 2, "101C"},
    Glyph{'J', 6, "60696B5C2C1B09"},
    Glyph{'K', 8, "000C 7006 268C"},
    Glyph{'L', 6, "000C6C"},
    Glyph{'M', 8, "0C0047808C"},
    Glyph{'N', 8, "0C008C80"},
    Glyph{'O', 8, "30507183897B5C3C1B09031130"},
    Glyph{'P', 7, "0C0050617274665707"},
    Glyph{'Q', 8, "30507183897B5C3C1B09031130 578C"},
    Glyph{'R', 7, "0C0050617274665606 467C"},
    Glyph{'S', 7, "7150200103152657687A6B4C2C0B"},
    Glyph{'T', 8, "0080 404C"},
    Glyph{'U', 8, "00092B3C5C7B8980"},
    Glyph{'V', 8, "004C80"},
    Glyph{'W', 8, "002C436C80"},
    Glyph{'X', 8, "008C 800C"},
    Glyph{'Y', 8, "004680 464C"},
    Glyph{'Z', 7, "00700C7C"},
    Glyph{'0', 7, "2050727A5C2C0A0220"},
    Glyph{'1', 7, "12404C 1C7C"},
    Glyph{'2', 7, "02113050617375 0C75 0C7C"},
    Glyph{'3', 7, "01205061737465 2656 566778 7A6B5C2C0B 787A 6556"},
    Glyph{'4', 7, "5C500979"},
    Glyph{'5', 7, "601005 0545667789 7A6B4C2C0B 897A"},
    Glyph{'6', 7, "715020020A2C5C7A78562608"},
    Glyph{'7', 7, "00702C"},
    Glyph{'8', 7, "205072745616040220 1656787A5C2C0A0816"},
    Glyph{'9', 7, "0B2C5C7A7250200204265674"},
    Glyph{':', 2, "1414 1A1A"},
    Glyph{'.', 2, "1C1C"},
    Glyph{',', 2, "1B0D"},
    Glyph{'-', 5, "0757"},
    Glyph{'_', 7, "0C7C"},
    Glyph{'\'', 2, "1013"},
    Glyph{'#', 8, "3C40 6C70 0484 0888"},
    Glyph{'!', 2, "1018 1C1C"},
    Glyph{'?', 7, "02113050617375 753748 4C4C"},
    Glyph{'&', 8, "8C231130415306080A2C4C88"},
    Glyph{'+', 7, "3539 1757"},
    Glyph{'/', 6, "600C"},
    Glyph{'(', 3, "301208183C"},
    Glyph{')', 3, "002334280C"},
    Glyph{' ', 4, ""},
    Glyph{'\0', 7, "3514060A2C4C6A664535"},
};

struct Segment {
  double x1, y1, x2, y2;
};

const Glyph& glyph_of(char character) {
  if (character >= 'a' && character <= 'z') character = static_cast<char>(character - 'a' + 'A');
  for (const Glyph& glyph : kGlyphs) {
    if (glyph.character == character) return glyph;
  }
  return kGlyphs.back();
}

// Only the first byte of a character of several bytes counts.
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

int digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

std::vector<Segment> segments_of(const Glyph& glyph, double left, double top, double scale) {
  std::vector<Segment> segments;
  std::string_view rest = glyph.strokes;
  bool down = false;
  double x = 0;
  double y = 0;
  while (rest.size() >= 2) {
    if (rest.front() == ' ') {
      down = false;
      rest.remove_prefix(1);
      continue;
    }
    const double next_x = left + digit(rest[0]) * scale;
    const double next_y = top + digit(rest[1]) * scale;
    if (down) segments.push_back({x, y, next_x, next_y});
    x = next_x;
    y = next_y;
    down = true;
    rest.remove_prefix(2);
  }
  return segments;
}

double distance_to(const Segment& segment, double x, double y) {
  const double along_x = segment.x2 - segment.x1;
  const double along_y = segment.y2 - segment.y1;
  const double length = along_x * along_x + along_y * along_y;
  double part = 0;
  if (length > 0) {
    part = std::clamp(((x - segment.x1) * along_x + (y - segment.y1) * along_y) / length, 0.0, 1.0);
  }
  return std::hypot(x - segment.x1 - part * along_x, y - segment.y1 - part * along_y);
}

}  // namespace

double text_width(std::string_view text, double height) {
  int width = 0;
  for (const char character : text) {
    if (!continues_character(character)) width += glyph_of(character).width + kGap;
  }
  return std::max(0, width - kGap) * height / kGridHeight;
}

void paint_text(media::I420Image& image, std::string_view text, double x, double y, double height,
                YuvColour colour, double opacity) {
  const double scale = height / kGridHeight;
  const double reach = kStrokeWidth * scale / 2;
  const double top = y - height / 2;
  double left = x - text_width(text, height) / 2;
  for (const char character : text) {
    if (continues_character(character)) continue;
    const Glyph& glyph = glyph_of(character);
    const std::vector<Segment> segments = segments_of(glyph, left, top, scale);
    const double margin = reach + 2;
    paint(image,
          {left - margin, top - margin, left + glyph.width * scale + margin, top + height + margin},
          colour, opacity, [&](double px, double py) {
            double nearest = std::numeric_limits<double>::max();
            for (const Segment& segment : segments) {
              nearest = std::min(nearest, distance_to(segment, px, py));
            }
            return nearest - reach;
          });
    left += (glyph.width + kGap) * scale;
  }
}

}  // namespace sluice::client
