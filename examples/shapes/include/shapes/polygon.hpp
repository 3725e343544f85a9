// Polygons in the plane, measured, and read from and written as GeoJSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shapes {

struct Point {
    double x = 0;
    double y = 0;
};

// A closed line; the last point is joined to the first and need not repeat it.
using Ring = std::vector<Point>;

struct Box {
    Point low;
    Point high;
};

// An outer ring and the holes in it. Either direction of a ring will do.
class Polygon {
  public:
    // rings: the outer one first. Throws std::invalid_argument without a ring or for one of two points.
    explicit Polygon(std::vector<Ring> rings);

    const std::vector<Ring> &rings() const { return rings_; }

    double area() const;       // the outer ring's without the holes'
    double perimeter() const;  // of the outer ring and the holes
    Box bounds() const;
    bool contains(Point point) const;

  private:
    std::vector<Ring> rings_;
};

// The polygons of a geometry, a Feature or a FeatureCollection; other geometries are passed over.
// Throws std::invalid_argument for what is no GeoJSON.
std::vector<Polygon> from_geojson(std::string_view text);

// The polygon as a geometry of GeoJSON, its rings closed as that wants them.
std::string to_geojson(const Polygon &polygon);

// This library's version.
const char *version();

}  // namespace shapes
